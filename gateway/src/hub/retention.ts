import type { Address } from './address.ts';
import type { Asking } from './asking.ts';
import type { Subscription } from './channel.ts';
import type { HubOptions, SendOptions } from './contract.ts';
import type { Egress } from './egress.ts';
import type { Egresses } from './egresses.ts';
import type { HubEmitter } from './events.ts';
import { identityOf } from './history/identity.ts';
import { bodyOf, enter, fieldsOf, type KeptValues } from './kept-values.ts';
import { isLocked, lockedName, redirect } from './locked-name.ts';
import type { Message } from './message.ts';
import { isPattern, matchesPattern } from './pattern.ts';
import type { Receipt } from './receipt.ts';
import type { Keeper, RetainedMark, RetainedTable, Standing } from './retained.ts';
import type { RetainedRecord } from './store.ts';

/** What `settle` is asked. */
interface Settling {
  name: string;
  message: Message;
  options: SendOptions;
  receipt: Receipt;
  shown: Message;
}

interface RetentionParts {
  readonly retained: RetainedTable;
  readonly options: Pick<HubOptions, 'clock' | 'maxKeptLength'>;
  readonly events: HubEmitter;
  readonly egresses: Egresses;
  readonly asking: Asking;
}

/** How often retained messages whose time is over are looked for. */
const EXPIRY_MS = 1000;

/**
 * The rules of retained messages: whether there is room for one, when it ends, and which one a new subscriber gets. Those
 * of private channels are kept under their locked names.
 */
export class Retention {
  readonly #retained: RetainedTable;
  readonly #events: HubEmitter;
  readonly #maxKeptLength: number;
  /** Which later subscribers over there ask; private channels are none of their business. */
  readonly #egresses: Egresses;
  readonly #asking: Asking;
  readonly #stopExpiry: () => void;

  constructor({ retained, options, events, egresses, asking }: RetentionParts) {
    const { clock, maxKeptLength } = options;
    this.#retained = retained;
    this.#events = events;
    this.#maxKeptLength = maxKeptLength;
    this.#egresses = egresses;
    this.#asking = asking;
    this.#stopExpiry = clock.every(EXPIRY_MS, () => {
      for (const channel of retained.expire()) egresses.clearRetained(channel);
    });
  }

  /** Puts back what an earlier run kept. */
  restore(records: Iterable<[string, RetainedRecord]>): void {
    for (const channel of this.#retained.restore(records)) this.#egresses.clearRetained(channel);
    for (const message of this.#retained.ownMessages()) this.#egresses.hold(message);
  }

  /** Ends the timer; what is on disk stays there. */
  stop(): void {
    this.#stopExpiry();
  }

  /**
   * Applies a message to `name` to what the channel retains; `shown` is the message as later subscribers get it. Returns how long other
   * matchers must retain it; undefined if they must not. If there is no room, the receipt says so, and nobody may get the message.
   */
  settle(name: string, message: Message, options: SendOptions, receipt: Receipt, shown = message): number | undefined {
    const { retainMs, keep } = options;
    const standing = this.#retained.standing(name);
    if (keep || standing === 'kept') this.#settleKept({ name, message, options, receipt, shown }, standing);
    else if (retainMs === undefined) this.#end(name, standing, message, options);
    else {
      const keeper = this.#keeperOf(message, options);
      if (this.#retained.hasRoom(name, message, keeper)) {
        this.#retained.keep(name, shown, retainMs, keeper);
        this.#changed(name);
        return retainMs;
      }
      this.#refuse(message, options, receipt);
      if (receipt.reason !== 'store_full') this.#end(name, standing, message, options);
    }
    return undefined;
  }

  /** Shows a message that `keeper` retains, and is asked for, to later subscribers of all protocols; undefined removes it. */
  mirror(channel: string, mark: RetainedMark | undefined, keeper: Egress): void {
    if (mark === undefined) {
      const isNews = this.#retained.standing(channel) !== 'none';
      this.#retained.clear(channel);
      this.#egresses.clearRetained(channel, keeper);
      if (isNews) this.#changed(channel);
      return;
    }
    if (!this.#retained.mirror(channel, mark, keeper)) return;
    const message = this.#egresses.hasOthers(keeper) ? this.#retained.get(channel) : undefined;
    if (message !== undefined) this.#egresses.hold(message, keeper);
    if (mark.isRestored !== true) this.#changed(channel);
  }

  /** Ends whatever a channel retains, at other matchers too; false where nothing is retained. */
  clear(name: string): boolean {
    if (this.#retained.standing(name) === 'none') return false;
    this.#retained.clear(name);
    this.#egresses.clearRetained(name);
    this.#changed(name);
    return true;
  }

  /**
   * Keeps what another gateway retains for a channel, in place of anything else; undefined: nothing. False where there is no room for it:
   * then nothing is retained here.
   */
  adopt(channel: string, record: RetainedRecord | undefined): boolean {
    const isKept = record !== undefined && this.#retained.adopt(channel, record);
    if (!isKept) this.#retained.clear(channel);
    const message = isKept ? this.#retained.get(channel) : undefined;
    if (message === undefined) this.#egresses.clearRetained(channel);
    else this.#egresses.hold(message);
    return isKept || record === undefined;
  }

  /** Ends the retained message that a next message to `name` would end. */
  erase(name: string): void {
    this.#erase(name, this.#retained.standing(name));
  }

  /**
   * Keeps the last value of these fields from now on. Returns the values that are kept of them, as the text of an object; undefined
   * where there is no room.
   */
  keepFields(name: string, fields: readonly string[], setter: Message, address?: string): string | undefined {
    const kept = this.#retained.keptValues(name);
    const asked = fields.filter((field) => !field.startsWith('_'));
    if (asked.length === 0) return bodyOf(new Map());
    const isNew = this.#retained.standing(name) !== 'kept' || asked.some((field) => !kept.names.has(field));
    for (const field of asked) kept.names.add(field);
    if (isNew) {
      const isBeside = this.#retained.holdsOther(name);
      const isDone = isBeside
        ? lengthOf(kept) <= this.#maxKeptLength &&
          this.#retained.announce(name, kept.names, { client: setter.from, address })
        : this.#keepValues(name, kept, setter, this.#keeperOf(setter, { address }));
      if (!isDone) return undefined;
      if (isBeside) this.#changed(name);
    }
    return bodyOf(kept.values, asked);
  }

  #settleKept({ name, message, options, receipt, shown }: Settling, standing: Standing): void {
    const { retainMs, keep = false, ingress, address } = options;
    const fields = fieldsOf(message);
    if (fields === undefined) {
      this.#end(name, standing, message, options);
      return;
    }
    if (standing !== 'none' && !this.#mayEnd(name, message, options)) leaveOutNull(fields);
    const isToStay = keep || retainMs !== undefined;
    const kept = this.#retained.keptValues(name);
    const changes = enter(kept, fields, isToStay);
    // Where it came in it is retained as it is, in place of what was held there.
    const isReplaced = keep && ingress !== undefined;
    if (!changes && standing === 'kept' && !isReplaced) return;
    if (kept.values.size === 0 && !isReplaced && this.#retained.holdsOther(name)) {
      this.#retained.announce(name, kept.names, { client: message.from, address });
      this.#changed(name);
      return;
    }
    const keeper = this.#keeperOf(message, options);
    if (this.#keepValues(name, kept, shown, keeper)) return;
    this.#refuse(message, isToStay ? options : { accepted: true }, receipt);
    if (receipt.reason === 'store_full') return;
    // It is sent all the same: better no value than an old one.
    const before = this.#retained.keptValues(name);
    for (const [field, raw] of fields) {
      before.values.delete(field);
      if (raw === 'null') before.names.delete(field);
    }
    this.#keepValues(name, before, shown, keeper);
  }

  #keepValues(name: string, kept: KeptValues, setter: Message, keeper: Keeper): boolean {
    if (kept.names.size === 0) {
      this.#retained.clear(name);
      this.#changed(name);
      if (!isLocked(name)) this.#egresses.clearRetained(name);
      return true;
    }
    if (lengthOf(kept) > this.#maxKeptLength) return false;
    const message = this.#retained.keepValues(name, kept, setter, keeper);
    if (message === undefined) return false;
    this.#changed(name);
    if (isLocked(name)) return true;
    if (kept.values.size > 0) this.#egresses.hold(message);
    else this.#egresses.clearRetained(name);
    return true;
  }

  /** There is no room: the sender is told, where it can be refused. */
  #refuse(message: Message, { accepted }: SendOptions, receipt: Receipt): void {
    if (accepted) this.#events.emit('unkept', message.to, message.from);
    else receipt.reason = 'store_full';
  }

  /** Ends what the next message ends, where its sender may: it is its own account's, or it may remove what others retain. */
  #end(name: string, standing: Standing, message: Message, options: SendOptions): void {
    if (standing === 'own' && this.#mayEnd(name, message, options)) this.#erase(name, standing);
  }

  #mayEnd(name: string, message: Message, options: SendOptions): boolean {
    const owner = this.#retained.ownerOf(name);
    const sender = this.#asking.senderOf(message, options);
    return owner === undefined || owner.account === sender.account || this.#asking.guard.mayClear(sender);
  }

  #keeperOf(message: Message, options: Pick<SendOptions, 'account' | 'address'>): Keeper {
    const { id, account } = this.#asking.senderOf(message, options);
    return { client: id, account, address: options.address };
  }

  #erase(name: string, standing: Standing): void {
    if (standing !== 'own' || !this.#retained.erase(name)) return;
    this.#egresses.clearRetained(name);
    this.#changed(name);
  }

  #changed(name: string): void {
    if (!isLocked(name)) this.#events.emit('retained', name);
  }

  /** Shows a new subscriber what is retained for its address, but for what is among the `others` that it gets. */
  show(subscription: Subscription, { name, password }: Address, others: readonly Message[] = []): void {
    if (this.#retained.size === 0) return;
    const levels = isPattern(name) ? name.split('/') : undefined;
    let names = [name];
    if (levels) names = this.#retained.channels().filter((channel) => matchesPattern(levels, channel));
    else if (password !== undefined) names = [lockedName(name, password), `${name}:${password}`];
    const { session, hearer, names: view } = subscription;
    const otherTexts = new Set(others.map(identityOf));
    for (const channel of names) {
      if (hearer !== undefined && !hearer.hears(channel)) continue;
      const kept = this.#retained.get(channel);
      if (kept !== undefined && otherTexts.size > 0 && otherTexts.has(identityOf(kept))) continue;
      const retained = kept && isLocked(channel) ? redirect(kept, `${name}:${password}`) : kept;
      const message = retained && (subscription.pipeline ? subscription.pipeline(retained) : retained);
      if (message) session.deliver(view === undefined ? message : view.shown(message));
    }
  }
}

/** A null would end a value. */
function leaveOutNull(fields: Map<string, string>): void {
  for (const [name, raw] of fields) if (raw === 'null') fields.delete(name);
}

function lengthOf({ values, names }: KeptValues): number {
  let length = 0;
  for (const name of names) length += name.length + (values.get(name)?.length ?? 0);
  return length;
}
