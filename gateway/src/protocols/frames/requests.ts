import {
  ALIAS_FLAGS,
  type Alias,
  type Call,
  CODES,
  type CodeName,
  type DataFrame,
  type Dictionary,
  FrameError,
  type Keep,
  type ListClients,
  type MessageFrame,
  type Reply,
  type Unalias,
  type ValueMap,
} from '@crosscomm/protocol';
import { mayCarry } from '../../access/calls.ts';
import type { AdmittedSession } from '../../access/principal.ts';
import { channelFault } from '../../common/names.ts';
import { addressOf } from '../../common/peer-address.ts';
import { parseAddress, withoutPassword } from '../../hub/address.ts';
import { Message } from '../../hub/message.ts';
import { type Receipt, whenKnown } from '../../hub/receipt.ts';
import type { ClientTraffic } from '../../observability/traffic.ts';
import type { SessionContext } from '../context.ts';
import type { Answer, Calls } from './calls.ts';
import { listFrames } from './client-list.ts';
import type { DeliveryDown } from './delivery/down.ts';
import { FileFault } from './files/access.ts';
import type { FormerSubscriptions } from './former-subscriptions.ts';
import type { FrameLink } from './link.ts';
import type { Names } from './names.ts';
import { INCIDENTS, REFUSALS, SUBSCRIBE_FAULTS } from './refusals.ts';
import { parse, readValue } from './values-codec.ts';

/** What a device says of itself is for the others. */
const NO_ECHO = { echo: false } as const;

/** The session of a device that asks. */
export interface RequestingDevice extends AdmittedSession {
  /** The longest frame that it takes, bytes. */
  readonly maxFrame: number;
  readonly wantsReceipts: boolean;
}

/** What belongs to the session of a device. */
export interface RequestParts {
  names: Names;
  calls: Calls;
  down: DeliveryDown;
  former: FormerSubscriptions;
  /** Counts what the device sends. */
  traffic: ClientTraffic;
}

/** Carries out what a device asks for, and answers it. */
export class Requests {
  readonly #device: RequestingDevice;
  readonly #context: SessionContext;
  readonly #names: Names;
  readonly #calls: Calls;
  readonly #down: DeliveryDown;
  readonly #former: FormerSubscriptions;
  readonly #traffic: ClientTraffic;

  constructor(
    device: RequestingDevice,
    context: SessionContext,
    { names, calls, down, former, traffic }: RequestParts,
  ) {
    this.#device = device;
    this.#context = context;
    this.#names = names;
    this.#calls = calls;
    this.#down = down;
    this.#former = former;
    this.#traffic = traffic;
  }

  /**
   * A message, call, reply or question; `seq`: its number, if it has one. False where it names an alias or a key that is
   * not known: then it counts as lost (SPEC.md, section 5).
   */
  act(frame: DataFrame, seq: number | undefined, link: FrameLink): boolean {
    try {
      switch (frame.type) {
        case 'message':
          return this.#message(frame, seq, link);
        case 'call':
          return this.#call(frame, link);
        case 'reply':
          this.#reply(frame, link);
          return true;
        case 'listClients':
          this.#list(frame, link);
          return true;
        case 'keep':
          this.#keep(frame, link);
          return true;
        default:
          link.error('not_supported', `${frame.type} goes down only`, aboutOf(seq, 13));
          return true;
      }
    } catch (error) {
      if (!(error instanceof FrameError) || error.code !== 'unknown_key') throw error;
      link.error('unknown_key', 'no such key', error.key === undefined ? [] : [11, error.key]);
      return false;
    }
  }

  /** What makes or frees a number that stands for a name. */
  declare(frame: Alias | Unalias | Dictionary, link: FrameLink): void {
    if (frame.type === 'alias') this.#alias(frame, link);
    else if (frame.type === 'unalias') this.#unalias(frame, link);
    else this.#dictionary(frame, link);
  }

  #alias({ alias, channel: written, flags, shape }: Alias, link: FrameLink): void {
    const about = [6, alias];
    const channel = written === null ? null : this.#inward(written);
    if (channel === null) {
      link.error('malformed', 'no channel', about);
      return;
    }
    const subscribes = (flags & 1) !== 0;
    if (subscribes && !this.#mayHear(this.#outward(channel))) {
      this.#refuse(link, 'not_allowed', `may not subscribe to ${withoutPassword(channel)}`, about);
      return;
    }
    let change: ReturnType<Names['declareAlias']> = 'internal';
    const declare = (): void => {
      change = this.#names.declareAlias(alias, channel, flags, shape);
    };
    if (this.#names.changesAlias(alias, channel, shape)) this.#rename(declare);
    else declare();
    const outcome = change as ReturnType<Names['declareAlias']>;
    if (typeof outcome === 'string') {
      this.#refuse(link, outcome, 'no such alias or name', about);
      return;
    }
    if (outcome.unsubscribe !== undefined) this.#unsubscribe(outcome.unsubscribe);
    const fault = outcome.subscribe === undefined ? undefined : this.#subscribe(outcome.subscribe);
    if (fault === undefined) {
      link.send({ type: 'alias', alias, flags: shape === undefined ? 0 : ALIAS_FLAGS.shaped });
      return;
    }
    this.#names.freeAlias(alias);
    this.#refuse(link, fault, 'cannot subscribe', about);
  }

  /** A subscription has ended, as the device may not have it any more: it is told as if it had asked for it now. */
  lost(ended: string, link: FrameLink): void {
    const address = this.#inward(ended);
    const alias = this.#names.subscriberOf(address);
    const name = withoutPassword(address);
    this.#refuse(link, 'not_allowed', `may not subscribe to ${name}`, alias === undefined ? [6] : [6, alias]);
  }

  #unalias({ alias }: Unalias, link: FrameLink): void {
    let address: string | undefined;
    this.#rename(() => {
      address = this.#names.freeAlias(alias);
    });
    if (address !== undefined) this.#unsubscribe(address);
    link.send({ type: 'unalias', alias });
  }

  #dictionary({ first, keys }: Dictionary, link: FrameLink): void {
    if (keys === null) {
      link.error('malformed', 'no keys', [11, first]);
      return;
    }
    let taken = true;
    const declare = (): void => {
      taken = this.#names.declareKeys(first, keys);
    };
    if (this.#names.changesKeys(first, keys)) this.#rename(declare);
    else declare();
    if (taken) link.send({ type: 'dictionary', first: this.#names.keyCount });
    else this.#refuse(link, 'too_many', 'too many keys', [11, first]);
  }

  /** Keeps the last value of fields of a channel, and says what is kept of them: null where nothing is, or may be. */
  #keep({ channel, value: fields }: Keep, link: FrameLink): void {
    if (!Array.isArray(fields)) {
      link.error('malformed', 'no fields', [24]);
      return;
    }
    const values: ValueMap = new Map(fields.map((field) => [field, null]));
    const kept = this.#keepFields(this.#outward(channel), fields, link);
    if (typeof kept === 'string') this.#refuse(link, kept, 'cannot keep a value', [24]);
    else for (const [name, value] of kept) values.set(name, value);
    const answer = { type: 'keep', channel } as const;
    if (this.#down.add({ ...answer, value: values }) !== 'too_large') return;
    // What is too large for the device is as good as nothing.
    for (const [name, value] of values) {
      const isTooLarge = this.#down.add({ ...answer, value: new Map([[name, value]]) }) === 'too_large';
      if (isTooLarge) this.#down.add({ ...answer, value: new Map([[name, null]]) });
    }
  }

  #keepFields(channel: string, fields: readonly string[], link: FrameLink): ValueMap | CodeName {
    if (!this.#mayHear(channel)) return 'not_allowed';
    // Who may not write there is told what is kept, and has nothing more kept.
    if (!this.#allowed(channel)) return this.#keptOf(channel, fields);
    const kept = this.#context.hub.keepFields(this.#device.id, channel, fields, addressOf(link.wire.peer));
    if (typeof kept === 'string') return REFUSALS[kept];
    const value = parse(kept.body);
    return value instanceof Map ? value : new Map();
  }

  #keptOf(channel: string, fields: readonly string[]): ValueMap {
    const { hub } = this.#context;
    const message = hub.keepsValues(channel) ? hub.retained(channel) : undefined;
    const value = message && parse(message.text);
    return new Map(value instanceof Map ? [...value].filter(([name]) => fields.includes(String(name))) : []);
  }

  /** For whom a file is, by the name that all have for it: an alias or a name, null for `all`. Throws a FileFault where it may not go there. */
  recipient(party: number | string | null): string {
    const written = party === null ? 'all' : this.#names.resolve(party);
    if (written === undefined) throw new FileFault('unknown_alias', 'No such alias.');
    const target = this.#outward(written);
    if (channelFault(target) !== undefined) throw new FileFault('name_invalid', 'No channel can have the name.');
    if (!this.#allowed(target)) throw new FileFault('not_allowed', 'It may not send there.');
    return target;
  }

  /** The device is gone for good: tells those who called it. */
  sayGone(): void {
    for (const answer of this.#calls.drop()) this.tell(answer);
  }

  /** Answers a caller of the device. */
  tell({ to, body }: Answer): void {
    this.#send(this.#outward(to), 'dict', body);
  }

  #message({ to, value, kind: saidKind }: MessageFrame, seq: number | undefined, link: FrameLink): boolean {
    const target = this.#resolve(to, link, aboutOf(seq, 8));
    if (typeof target === 'boolean') return target;
    const whole = this.#names.unpack({ to, value });
    if (whole === undefined) {
      link.error('malformed', 'more values than the shape', aboutOf(seq, 8));
      return true;
    }
    const { kind, body } = readValue(whole, saidKind);
    const receipt = this.#permits(target, body, link) ? this.#send(target, kind, body, seq !== undefined) : NOT_ALLOWED;
    whenKnown(receipt, (known) => this.#answer(known, seq, link));
    return true;
  }

  /** What a sender without receipts is told is an Error about its number; without a number, only what it did wrong. */
  #answer({ delivered, reason }: Receipt, seq: number | undefined, link: FrameLink): void {
    const code = reason === undefined ? 'ok' : REFUSALS[reason];
    if (seq !== undefined && this.#device.wantsReceipts) {
      link.send({ type: 'receipt', seq, delivered, code: CODES[code] });
    } else if (delivered === 0 && code !== 'ok' && (seq !== undefined || code === 'not_allowed')) {
      link.error(code, '', aboutOf(seq, 8));
    }
  }

  #call(frame: Call, link: FrameLink): boolean {
    const target = this.#resolve(frame.to, link, [14, frame.callId]);
    if (typeof target === 'boolean') return target;
    const args = this.#names.withTexts(frame.args);
    // What is sent to it comes by its own names.
    const asked = this.#context.hub.isOnline(target) ? this.#inward(target) : undefined;
    const call = this.#calls.call(frame, args, asked);
    if (typeof call === 'string') this.#refuse(link, call, 'too many open calls', [14, frame.callId]);
    if (call === undefined || typeof call === 'string') return true;
    const receipt = this.#permits(target, call.body, link) ? this.#send(target, 'dict', call.body) : NOT_ALLOWED;
    whenKnown(receipt, ({ delivered, reason }) => {
      if (delivered === 0) this.#calls.fail(call.id, REFUSALS[reason ?? 'no_recipient']);
    });
    return true;
  }

  #reply(frame: Reply, link: FrameLink): void {
    const answer = this.#calls.answer(frame, this.#names.withTexts(frame.value));
    if (answer === undefined) return;
    // Whoever asked and is still there is answered, also by a device that may not send to it unasked.
    const to = this.#outward(answer.to);
    const isAsked = this.#context.hub.isOnline(to);
    if (this.#permits(to, answer.body, link, isAsked)) this.#send(to, 'dict', answer.body);
  }

  #list({ onlyOnline }: ListClients, link: FrameLink): void {
    const rights = this.#device.principal?.rights;
    const delivery = this.#down.add(...listFrames(this.#context.hub, onlyOnline, this.#device.maxFrame, rights));
    if (delivery !== 'delivered') link.error('queue_full', 'the list is too long', [12]);
  }

  /** Where it goes, by the name that all have for it; false: an alias that is not known; true: it was refused for good. */
  #resolve(to: number | string | null, link: FrameLink, about: number[]): string | boolean {
    const target = to === null ? undefined : this.#names.resolve(to);
    // What an alias stands for was looked at when it was declared.
    const fault = typeof to === 'string' ? channelFault(to) : undefined;
    if (target !== undefined && fault === undefined) return this.#outward(target);
    if (typeof to === 'number') {
      link.error('unknown_alias', 'no such alias', [6, to]);
      return false;
    }
    if (fault !== undefined) link.report('PEER_BAD_NAME', `A message was dropped: ${fault}.`);
    link.error(to === null ? 'malformed' : 'name_invalid', '', about);
    return true;
  }

  /** Whether the device may send this, by its rights and its quota. `isAsked`: it was asked for it. */
  #permits(target: string, body: string | Uint8Array, link: FrameLink, isAsked = false): boolean {
    const { principal } = this.#device;
    const { access } = this.#context;
    const isAllowed = (isAsked || this.#allowed(target)) && principal && mayCarry(access, principal, target, body);
    if (!isAllowed) {
      link.report('PEER_NOT_ALLOWED', 'The device may not send or call there.');
      return false;
    }
    const over = access.quotas.spend(principal, body.length, target);
    if (over !== undefined) link.report(over.code, `A message was dropped: ${over.why}.`);
    return over === undefined;
  }

  #allowed(target: string): boolean {
    const { principal } = this.#device;
    return principal !== undefined && this.#context.access.maySend(principal, target);
  }

  #mayHear(address: string): boolean {
    const { principal } = this.#device;
    const channel = parseAddress(address)?.name ?? address;
    return principal !== undefined && this.#context.access.maySubscribe(principal, channel);
  }

  /** `isKept`: the device is told that it is safe. */
  #send(to: string, kind: Message['kind'], body: string | Uint8Array, isKept = false): Receipt {
    const { clock, hub } = this.#context;
    this.#traffic.countReceived();
    return hub.send(new Message({ from: this.#device.id, to, kind, body, timestampMs: clock.now(), isKept }), NO_ECHO);
  }

  #unsubscribe(address: string): void {
    this.#context.access.unsubscribe(this.#device.principal, this.#device, address);
  }

  /** What all others call what the device names. */
  #outward(name: string): string {
    return this.#device.principal?.outward(name) ?? name;
  }

  #inward(name: string): string {
    return this.#device.principal?.inward(name) ?? name;
  }

  #subscribe(address: string): CodeName | undefined {
    this.#former.renew(this.#outward(address));
    const { principal } = this.#device;
    const denial = principal && this.#context.access.subscribe(principal, this.#device, address);
    return denial && (SUBSCRIBE_FAULTS[denial.reason] ?? 'internal');
  }

  /** Makes a change of names after which what waits for the device must be written anew. */
  #rename(change: () => void): void {
    const names = this.#names;
    this.#down.rewrite(
      (frame) => names.expand(frame),
      change,
      (frame) => names.shrink(frame),
    );
  }

  #refuse(link: FrameLink, code: CodeName, text: string, about: number[]): void {
    link.report(INCIDENTS[code] ?? 'PEER_NOT_ALLOWED', `The device was refused: ${text} (${code}).`);
    link.error(code, isAscii(text) ? text : '', about);
  }
}

const NOT_ALLOWED: Receipt = { delivered: 0, refused: 0, reason: 'not_allowed' };

function aboutOf(seq: number | undefined, type: number): number[] {
  return seq === undefined ? [type] : [9, seq];
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}
