import type { Clock } from '../../../common/clock.ts';
import type { Home } from '../../../hub/elsewhere.ts';
import type { Hub } from '../../../hub/hub.ts';
import type { MessageInit } from '../../../hub/message.ts';
import { DIRECT, type Envelope } from '../envelope.ts';
import type { Held, HeldMessage } from './held.ts';
import type { HomeTable } from './home-table.ts';
import type { Notice } from './notice.ts';

/** What is on disk of homes. */
export interface HomesStored {
  readonly table: HomeTable;
  readonly held: Held;
}

export interface HomesParts {
  stored: HomesStored;
  hub: Hub;
  clock: Clock;
  /** The name of this gateway. */
  gateway: string;
  isPresent(gateway: string): boolean;
  /** Begins to write a notice down for all gateways; false: there is no room. */
  tell(notice: Notice): boolean;
  /** Begins to write a message down for one client, wherever its home is by then; false: there is no room. */
  give(message: MessageInit): boolean;
  /** Hands a message of the stream to its client, or to what keeps it for that. */
  deliver(message: HeldMessage): void;
  /** Begins to write such a message down for the gateway to which its client has moved on; false: there is no room. */
  pass(message: HeldMessage): boolean;
}

/** What a gateway does with a message for a client: it is its own matter, nobody's here, or one for those who listen to the name. */
export type Role = 'home' | 'nobody' | 'listeners';

const TICK_MS = 1000;
const SCAN_MS = 60_000;
/** How many clients are looked at in a tick. */
const MOST_SETTLED = 1000;
/** How long two gateways that have one client leave it to the rule for ids who keeps it. */
const CONTEST_MS = 3000;
/** Servers keep what was said for seven days; gateways that are new must hear it. */
const SAY_AGAIN_MS = 3 * 86_400_000;

/**
 * At which gateway messages wait for a client that is away. The stream of kept messages decides: each gateway reads it in the same order, so all of
 * them know for each message in it whose matter it is, however late they read it. A gateway says there that a client is its own; from there on it
 * is, and the gateway that had it before hands over what waits.
 */
export class Homes {
  readonly #parts: HomesParts;
  readonly #table: HomeTable;
  readonly #held: Held;
  /** It was said here that they are this gateway's, and the stream has not brought that yet. */
  readonly #said = new Set<string>();
  /** What waits for them is being handed over. */
  readonly #leaving = new Set<string>();
  /** Other gateways wait for what waits here of them. */
  readonly #owed = new Set<string>();
  /** Nothing that waits here is theirs any more. */
  readonly #handedOver = new Set<string>();
  /** They are online here and another gateway has said that they are its own: since when. */
  readonly #contested = new Map<string, number>();
  readonly #unsettled = new Set<string>();
  #undo: (() => void)[] = [];

  constructor(parts: HomesParts) {
    this.#parts = parts;
    this.#table = parts.stored.table;
    this.#held = parts.stored.held;
  }

  start(): void {
    const { hub, clock } = this.#parts;
    this.#undo = [
      hub.events.on('join', (id, protocol) => this.#joined(id, protocol)),
      hub.events.on('leave', (id) => void this.#unsettled.add(id)),
      clock.every(TICK_MS, () => this.#tick()),
      clock.every(SCAN_MS, () => this.#scan()),
    ];
    const waits: [string, string][] = [];
    for (const [id, { before }] of this.#table.entries()) if (before !== undefined) waits.push([id, before]);
    this.#held.start(waits, { release: (message) => this.#release(message), ended: (id) => this.#waited(id) });
    this.#scan();
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#held.stop();
  }

  /** The other gateway at which what is sent to a client waits; undefined: here, or nowhere. */
  homeOf(id: string): Home | undefined {
    const home = this.#table.get(id);
    // What is sent while all of it is handed over goes the same way, behind the rest.
    return home === undefined || home.gateway === this.#parts.gateway || this.#leaving.has(id) ? undefined : home;
  }

  /** Whether it waits here, or will have by the time at which the others hear of it. */
  isHere(id: string): boolean {
    return this.#table.get(id)?.gateway === this.#parts.gateway || this.#leaving.has(id);
  }

  /** What this gateway does with a message that came from the stream. */
  roleOf({ message: { from, to }, direct }: Pick<Envelope, 'message' | 'direct'>, isOwn: boolean): Role {
    const home = this.#table.get(to)?.gateway;
    const { hub, gateway } = this.#parts;
    const isOnline = hub.session(to) !== undefined;
    // Before any gateway has said that it is the home, whoever has a session is.
    const isHome = home === undefined ? hub.holds(to) || (isOnline && direct !== undefined) : home === gateway;
    if (isHome && from !== to && direct !== DIRECT.served) return 'home';
    if (direct === DIRECT.alone || direct === DIRECT.moved || isOwn || (direct === DIRECT.served && home === gateway))
      return 'nobody';
    // Whoever has it now hands it on, or has done so.
    return home !== undefined && isOnline && from !== to ? 'nobody' : 'listeners';
  }

  /** Takes a message that is this gateway's matter: holds it back, or delivers it. What comes from where its client was goes before all else. */
  take(message: HeldMessage, direct: Envelope['direct']): void {
    if (direct === DIRECT.moved || !this.#held.take(message)) this.#parts.deliver(message);
  }

  /** Takes what is held back no longer; false: there is no room for it. */
  #release(message: HeldMessage): boolean {
    const { gateway, deliver, pass } = this.#parts;
    if (this.#table.get(message.id)?.gateway !== gateway) return pass(message);
    deliver(message);
    return true;
  }

  /** Takes what a gateway said; undefined: what cannot be read, as a later version said it. */
  heard(notice: Notice | undefined, from: string, timestampMs: number): void {
    if (notice === undefined) return;
    const { what, id, account } = notice;
    if (what === 'over') {
      this.#held.end(id, from);
      this.#settle(id);
    } else if (what === 'here') this.#moved(id, { gateway: from, account, saidMs: timestampMs });
    else if (this.#table.get(id)?.gateway === from) this.#table.delete(id);
    if (from === this.#parts.gateway && what === 'here') this.#said.delete(id);
  }

  #moved(id: string, home: { gateway: string; account: string | undefined; saidMs: number }): void {
    const { gateway, isPresent, hub, clock } = this.#parts;
    const before = this.#table.get(id)?.gateway;
    this.#table.set(id, home);
    if (home.gateway === gateway) {
      this.#handedOver.delete(id);
      this.#owed.delete(id);
      this.#contested.delete(id);
      if (before !== undefined && before !== gateway && isPresent(before)) {
        this.#held.begin(id, before);
        this.#table.set(id, { ...home, before });
      }
      this.#unsettled.add(id);
      return;
    }
    if (hub.session(id) !== undefined) this.#contested.set(id, clock.monotonicMs());
    if (hub.session(id) !== undefined) this.#unsettled.add(id);
    if (before !== gateway) return;
    this.#owed.add(id);
    this.#settle(id);
  }

  /** What waited elsewhere is here, or is not waited for any more. */
  #waited(id: string): void {
    const home = this.#table.get(id);
    if (home?.before !== undefined) this.#table.set(id, { ...home, before: undefined });
  }

  #joined(id: string, protocol: string): void {
    const { hub } = this.#parts;
    if (hub.isBrief(protocol) || hub.ownClient(id)?.isOfGateway) return;
    this.#unsettled.add(id);
    if (this.homeOf(id) !== undefined) this.#settle(id);
  }

  #tick(): void {
    this.#held.tryAgain();
    for (const id of [...this.#unsettled].slice(0, MOST_SETTLED)) {
      this.#unsettled.delete(id);
      this.#settle(id);
    }
  }

  #scan(): void {
    const { hub, gateway } = this.#parts;
    for (const id of hub.holders()) if (this.#table.get(id) === undefined) this.#unsettled.add(id);
    for (const [id, home] of this.#table.entries()) if (home.gateway === gateway) this.#unsettled.add(id);
    for (const id of hub.holders()) if (!this.#handedOver.has(id)) this.#unsettled.add(id);
  }

  /** Has what is said and what is true agree. */
  #settle(id: string): void {
    const { hub, gateway, clock } = this.#parts;
    if (this.#said.has(id) || this.#leaving.has(id)) return;
    const home = this.#table.get(id);
    const isOnline = hub.session(id) !== undefined;
    if (home === undefined) {
      if (hub.holds(id)) this.#say('here', id);
    } else if (home.gateway === gateway) {
      if (!isOnline && !hub.holds(id)) this.#say('nowhere', id);
      else if (hub.holds(id) && clock.isTrusted() && clock.now() - home.saidMs > SAY_AGAIN_MS) this.#say('here', id);
    } else if (isOnline) {
      const sinceMs = this.#contested.get(id);
      if (sinceMs !== undefined && clock.monotonicMs() - sinceMs < CONTEST_MS) this.#unsettled.add(id);
      else this.#say('here', id);
    } else if (this.#held.isWaiting(id)) this.#unsettled.add(id);
    else if (this.#owed.has(id) || (hub.holds(id) && !this.#handedOver.has(id))) void this.#handOver(id);
  }

  /** It is looked at again where there is no room now. */
  #say(what: Notice['what'], id: string): void {
    const { hub, tell } = this.#parts;
    const account = hub.ownClient(id)?.account;
    if (!tell({ what, id, account })) this.#unsettled.add(id);
    else if (what === 'here') this.#said.add(id);
  }

  /** Gives what waits for a client that is away to its home. Never rejects. */
  async #handOver(id: string): Promise<void> {
    const { hub, give } = this.#parts;
    if (this.#leaving.has(id)) return;
    this.#leaving.add(id);
    const isDone = await hub.takeWaiting(id, this.#table.get(id)?.account, give).catch(() => false);
    this.#leaving.delete(id);
    if (isDone && this.#parts.tell({ what: 'over', id })) {
      this.#owed.delete(id);
      this.#handedOver.add(id);
    } else this.#unsettled.add(id);
  }
}
