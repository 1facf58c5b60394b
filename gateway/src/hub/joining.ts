import { type ClientRecord, NOTHING } from './client.ts';
import type { JoinOptions, JoinOutcome } from './contract.ts';
import type { HubParts } from './parts.ts';
import { traitsOf } from './protocol-traits.ts';
import type { LeaveReason, Protocol, Session } from './session.ts';
import type { Subscribing } from './subscribing.ts';

const NOBODY: readonly string[] = [];

/** Who is here: how clients come and go, and what waits for one that is away. */
export class Joining {
  readonly #parts: HubParts;
  readonly #subscribing: Subscribing;

  constructor(parts: HubParts, subscribing: Subscribing) {
    this.#parts = parts;
    this.#subscribing = subscribing;
  }

  /** See `Hub.join`. */
  join(session: Session, options: JoinOptions): JoinOutcome {
    const { clients, directory, elsewhere, events } = this.#parts;
    const { id, protocol } = session;
    const { isOfGateway = false, takesOverAtOnce, mapsNames } = traitsOf(this.#parts.options.protocols, protocol);
    if (!isOfGateway && directory.isReserved(id)) return { outcome: 'reserved' };
    const { account } = options;
    const known = clients.get(id);
    const holder = known?.session;
    const { takeover = takesOverAtOnce } = options;
    const isOthers = known !== undefined && known.account !== account;
    if (holder && (holder.protocol !== protocol || !takeover || isOthers))
      return { outcome: 'taken', by: holder.protocol };
    const remote = holder || isOfGateway ? undefined : elsewhere.get(id);
    if (remote && (remote.protocol !== protocol || !takeover || remote.account !== account))
      return { outcome: 'taken', by: remote.protocol };
    const subscribers = known || remote || isOfGateway || !directory.hasMembers(id) ? NOBODY : directory.members(id);
    if (subscribers.length > 0 && options.refuseChannels) return { outcome: 'taken', by: 'channel' };
    let addresses = holder ? (known?.lasting() ?? NOTHING) : this.#waitingFor(id, protocol, account);
    if (options.formerId !== undefined && options.formerId !== id) {
      addresses = [...addresses, ...this.#waitingFor(options.formerId, protocol, account)];
      this.forget(options.formerId);
    }
    if (holder && known) this.#detach(known);
    const isNews = known !== undefined && session.transient === true && !known.transient;
    const record = clients.enter(session, this.#parts.options.clock.now());
    record.account = account;
    record.hearer = options.hearer;
    record.names = mapsNames ? undefined : options.hearer?.names;
    // What is written down of it is of no use any more.
    if (isNews) events.emit('known', id);
    if (holder) {
      this.noteContest(session, 'replaced', holder);
      holder.close('replaced');
    } else events.emit('join', id, protocol, account);
    if (subscribers.length > 0) events.emit('overlap', id, protocol, subscribers);
    this.#subscribing.resume(session, record, addresses);
    this.#subscribing.noteKnown(record);
    return { outcome: 'joined' };
  }

  /** See `Hub.noteContest`. */
  noteContest(
    { id, protocol, peer }: Pick<Session, 'id' | 'protocol' | 'peer'>,
    outcome: 'refused' | 'replaced',
    holder: Pick<Session, 'peer'> | undefined = this.#parts.clients.session(id),
  ): void {
    this.#parts.events.emit('contest', { id, protocol, peers: [peer, holder?.peer], isRefused: outcome === 'refused' });
  }

  /** See `Hub.leave`. */
  leave(session: Session, reason: LeaveReason, { waits = false } = {}): void {
    const { clients, events, options } = this.#parts;
    const record = clients.get(session.id);
    if (record?.session !== session) return;
    this.#detach(record);
    record.lastSeenMs = options.clock.now();
    record.leftMs = options.clock.monotonicMs();
    if (reason === 'left') record.waiting = NOTHING;
    events.emit('leave', record.id, session.protocol, reason);
    if (record.transient && !waits) clients.forget(record.id);
    clients.trim();
    this.#subscribing.noteKnown(record);
  }

  /** See `Hub.giveUp`. */
  giveUp(id: string): void {
    const { clients, options } = this.#parts;
    const record = clients.get(id);
    const session = record?.session;
    if (record === undefined || session === undefined) return;
    this.#detach(record);
    record.lastSeenMs = options.clock.now();
    record.leftMs = options.clock.monotonicMs();
    this.noteContest(session, 'replaced', session);
    session.close('replaced', true);
    if (record.transient) clients.forget(id);
    clients.trim();
    this.#subscribing.noteKnown(record);
  }

  /** See `Hub.handOver`. */
  handOver(id: string, protocol: Protocol, account: string | undefined): readonly string[] {
    const record = this.#parts.clients.get(id);
    if (record === undefined || record.protocol !== protocol || record.account !== account) return NOTHING;
    if (record.session !== undefined) {
      record.isHandedOver = true;
      return record.lasting();
    }
    const waiting = this.#waitingFor(id, protocol, account);
    record.waiting = NOTHING;
    this.#subscribing.noteKnown(record);
    return waiting;
  }

  /** Takes a client out of those that are known; one that is online stays. */
  forget(id: string): void {
    this.#parts.clients.forget(id);
    this.#parts.events.emit('known', id);
  }

  /** The addresses that wait for a client of this account which is away. */
  #waitingFor(id: string, protocol: Protocol, account: string | undefined): readonly string[] {
    const { clock, stickyMs } = this.#parts.options;
    const known = this.#parts.clients.get(id);
    if (known === undefined || known.session !== undefined || known.protocol !== protocol) return NOTHING;
    if (known.account !== account) return NOTHING;
    return clock.monotonicMs() - known.leftMs <= stickyMs ? known.waiting : NOTHING;
  }

  /** Takes a session's subscriptions and its place away; the record keeps what waits. */
  #detach(record: ClientRecord): void {
    this.#subscribing.suspend(record);
    this.#parts.clients.leave(record);
  }
}
