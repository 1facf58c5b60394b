import type { FamilySpec, Labels } from '../common/metrics.ts';
import { SharedBudget } from '../common/shared-budget.ts';
import { hasPassword, parseAddress } from './address.ts';
import { ChannelTable } from './channels.ts';
import { ClientTable } from './clients.ts';
import type {
  HubCounters,
  HubOptions,
  HubState,
  IngressOptions,
  JoinOptions,
  JoinOutcome,
  KeepRefusal,
  SendOptions,
  SubscribeOutcome,
} from './contract.ts';
import { Counting } from './counting.ts';
import { Directory } from './directory.ts';
import type { Egress } from './egress.ts';
import { Egresses } from './egresses.ts';
import { HubEmitter } from './events.ts';
import { Joining } from './joining.ts';
import { Message } from './message.ts';
import type { Observer } from './observers.ts';
import type { HubParts } from './parts.ts';
import { isPattern } from './pattern.ts';
import type { Receipt } from './receipt.ts';
import { type RetainedMark, RetainedTable } from './retained.ts';
import { Retention } from './retention.ts';
import { Sending } from './sending.ts';
import { Sequence } from './sequence.ts';
import type { LeaveReason, Session } from './session.ts';
import { Subscribing } from './subscribing.ts';

export type { HubCounters, HubOptions, HubState, JoinOutcome, SendOptions, SubscribeOutcome } from './contract.ts';

const NO_OPTIONS = {};
const ONLINE: FamilySpec<'protocol'> = {
  name: 'crosscomm_online_clients',
  help: 'Clients that are online, by protocol.',
  labels: ['protocol'],
};

/**
 * The conversation: who is here, who wants which channel, and where each message goes. It knows no protocol, no socket
 * and no file; sessions hand it messages, and it hands messages to sessions.
 *
 * A message goes to the client of that name if one is online, and to it alone; else to the channel's subscribers but
 * the sender. What a client sends to its own name goes to that channel's subscribers, and back to it.
 *
 * It is a directory too, which has the answers about clients and channels. What it does itself is in files of their own: `Joining`,
 * `Subscribing`, `Sending`, and `Retention` for what becomes of retained messages.
 */
export class Hub extends Directory {
  readonly events: HubEmitter;
  /**
   * The room for retained messages, by channel, for the hub and other matchers together. They ask it before they keep
   * a message that came to them (`set`, with `retainedBytes` of kept-bytes.ts), give back what they no longer keep (`delete`),
   * and count what they find at start (`restore`). What the hub itself asked them to retain is counted already.
   */
  readonly retainedBudget: SharedBudget;
  readonly #parts: HubParts;
  readonly #joining: Joining;
  readonly #subscribing: Subscribing;
  readonly #sending: Sending;

  constructor(options: HubOptions) {
    const { clock, store, maxKnownClients, protocols } = options;
    const events = new HubEmitter();
    const order = new Sequence();
    const clients = new ClientTable({
      maxOffline: maxKnownClients,
      protocols,
      order,
      forgotten: (id) => events.emit('known', id),
    });
    options.metrics.gauge(ONLINE, () => onlineByProtocol(clients));
    const channels = new ChannelTable(order);
    const budget = new SharedBudget({ maxCount: options.maxRetained, maxBytes: options.maxRetainedBytes });
    const retained = new RetainedTable(clock, store, budget);
    const egresses = new Egresses();
    super({ clients, channels, retained, egresses });
    this.events = events;
    this.retainedBudget = budget;
    const retention = new Retention(retained, options, events, egresses);
    const counting = new Counting(options.metrics);
    const tables = { clients, channels, retained, egresses };
    this.#parts = { ...tables, options, events, counting, retention, directory: this };
    this.#subscribing = new Subscribing(this.#parts);
    this.#joining = new Joining(this.#parts, this.#subscribing);
    this.#sending = new Sending(this.#parts);
  }

  /** What was sent so far, and what became of it. */
  get counters(): HubCounters {
    return this.#parts.counting.totals();
  }

  /** Puts back what an earlier run left. Call it once, after `attach` and before anyone joins. */
  restore(state: HubState): void {
    const clients = [...state.clients];
    this.#parts.clients.restore(clients, this.#parts.options.clock.monotonicMs());
    // An older gateway wrote passwords down: what is on disk must not keep them until somebody comes.
    if (clients.some(({ subscriptions }) => subscriptions.some(hasPassword))) this.events.emit('known');
    this.#parts.retention.restore(state.retained);
    this.#sending.restore(state.scheduled);
  }

  /** Asks every session to close and ends every timer. */
  stop(): void {
    this.#parts.retention.stop();
    this.#sending.stop();
    for (const session of this.#parts.clients.sessions()) session.close('shutdown');
  }

  // Clients

  /**
   * Brings a client online. An id that another session has is refused, unless that session speaks the same protocol and
   * `takeover` says so: then the older one is closed, and nobody sees the client leave. A client that comes back soon
   * has its subscriptions again, but for those with a password: whoever takes the name may not know it.
   *
   * A client that is not known may come under the name of a channel that others subscribe to, and takes what is sent there
   * from them, unless it asks to be kept out.
   */
  join(session: Session, options: JoinOptions = NO_OPTIONS): JoinOutcome {
    return this.#joining.join(session, options);
  }

  /**
   * Notes that a newcomer was refused an id, as another has it, or took it from the other's connection, where that happened
   * outside of `join`: protocols decide some of it among themselves.
   */
  noteContest(
    newcomer: Pick<Session, 'id' | 'protocol' | 'peer'>,
    outcome: 'refused' | 'replaced',
    holder?: Pick<Session, 'peer'>,
  ): void {
    this.#joining.noteContest(newcomer, outcome, holder);
  }

  /**
   * Takes a session out. Its subscriptions wait for it unless it said goodbye (`left`). A transient one is forgotten, but
   * where it `waits`: it may be resumed until `forget` is called. Nothing if it was replaced.
   */
  leave(session: Session, reason: LeaveReason, options: { waits?: boolean } = NO_OPTIONS): void {
    this.#joining.leave(session, reason, options);
  }

  /** Takes a client out of those that are known; one that is online stays. */
  forget(id: string): void {
    this.#joining.forget(id);
  }

  /** Notes that the client was heard of. */
  touch(id: string): void {
    const record = this.#parts.clients.get(id);
    if (record) record.lastSeenMs = this.#parts.options.clock.now();
  }

  // Channels

  /**
   * Subscribes a session to a channel, or to every channel that an MQTT topic filter matches. The first subscription of
   * a client to a channel wins. The channel's retained message follows, unless `retained` is false.
   */
  subscribe(session: Session, address: string, options: { retained?: boolean } = NO_OPTIONS): SubscribeOutcome {
    return this.#subscribing.subscribe(session, address, options);
  }

  /** Ends a subscription; false where there was none. */
  unsubscribe(session: Session, address: string): boolean {
    return this.#subscribing.unsubscribe(session, address);
  }

  /**
   * Keeps the last value of these fields of a channel's messages from now on, whoever sets them, for a client at `address`. Returns
   * those that are kept already, as the text of an object, or why they cannot be kept. A private channel is named with its password.
   */
  keepFields(client: string, to: string, fields: readonly string[], address?: string): { body: string } | KeepRefusal {
    // A functional channel's values are those of its channel, and what the gateway says is never old.
    const isFunctional = parseAddress(to)?.functions !== undefined;
    if (!this.isName(to) || isPattern(to) || isFunctional || this.isReserved(to)) return 'bad_name';
    const target = this.#parts.channels.privateTarget(to);
    if (target === 'locked') return 'not_allowed';
    const name = target?.lockedName ?? to;
    const timestampMs = this.#parts.options.clock.now();
    const setter = new Message({ from: client, to: target?.name ?? to, kind: 'dict', body: '{}', timestampMs });
    const body = this.#parts.retention.keepFields(name, fields, setter, address);
    if (body !== undefined) return { body };
    this.#parts.counting.refusals.store_full.value++;
    return 'store_full';
  }

  /**
   * Notes that the other matcher `keeper` retains a message for a channel, in place of any other: who sent it, and when. What it says
   * is asked of the keeper when somebody is to get it. undefined: it does not any more, and nothing is retained for the channel.
   */
  mirrorRetained(channel: string, mark: RetainedMark | undefined, keeper: Egress): void {
    this.#parts.retention.mirror(channel, mark, keeper);
  }

  // Messages

  /**
   * Shows every message that is sent, with its receipt, to `observer`, until the returned function is called. What it throws is
   * the event `fault`.
   */
  observe(observer: Observer): () => void {
    return this.#sending.observe(observer);
  }

  /** Hands another matcher what is sent, from now on, until the returned function is called. */
  attach(egress: Egress): () => void {
    return this.#parts.egresses.add(egress);
  }

  /**
   * Sends what came in from another matcher, as `options` say, if it means anything here: there is somebody to get it or to see
   * it, or a retained message that it ends or changes. Else `create`, which makes the message from `source`, is not called.
   */
  offer<T>(channel: string, options: IngressOptions, create: (source: T) => Message, source: T): Receipt | undefined {
    return this.#sending.offer(channel, options, create, source);
  }

  /**
   * Sends a message to whoever it is for, now or at `dueMs`, and says what became of it. One that is to be kept and for
   * which there is no room is sent to nobody.
   */
  send(message: Message, options: SendOptions = NO_OPTIONS): Receipt {
    return this.#sending.send(message, options);
  }
}

/** How many are online by each protocol. */
function onlineByProtocol(clients: ClientTable): (readonly [Labels<'protocol'>, number])[] {
  const counts = new Map<string, number>();
  for (const { protocol } of clients.sessions()) counts.set(protocol, (counts.get(protocol) ?? 0) + 1);
  return Array.from(counts, ([protocol, count]) => [{ protocol }, count] as const);
}
