import { matchesPattern } from '../../../src/hub/pattern.ts';
import type {
  ConnectPacket,
  DisconnectPacket,
  Packet,
  PublishPacket,
  SubscribePacket,
  UnsubscribePacket,
} from '../../../src/mqtt-engine/codec/packets.ts';
import type { Got } from '../conformance/packets.ts';
import { type Granted, SessionModel, type Speaker, tokenOf, Violation } from './parties.ts';
import { SESSION_EXPIRY_MS, type World } from './world.ts';

/** One message. */
interface Published {
  /** How often it was published. */
  count: number;
  readonly isRetained: boolean;
  readonly from: number;
  readonly serial: number;
  /** The sessions that must get it, and by which subscription. */
  readonly due: [SessionModel, Granted][];
}

const TRACE_LINES = 60;

/** What was said to whom, and what must have come of it. */
export class Ledger {
  readonly #world: World;
  readonly #trace: string[] = [];
  readonly words = new Set<string>();
  readonly sessions = new Map<string, SessionModel>();
  readonly #published = new Map<string, Published>();
  readonly #asked = new Map<string, SubscribePacket | UnsubscribePacket>();
  /** How often each client id was named in a CONNECT. */
  readonly #named = new Map<string, number>();
  readonly #ways = new Map<string, Set<string>>();
  readonly #orders = new Map<string, number>();
  /** Nothing was under way when what is said now was said. */
  isQuiet = true;
  violation: string | undefined;
  serial = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Notes a line for whoever looks for the fault. */
  note(line: string): void {
    this.#trace.push(line);
    if (this.#trace.length > TRACE_LINES) this.#trace.shift();
  }

  /** Something happened, in a few words. */
  happened(words: string): void {
    this.words.add(words);
  }

  violate(what: string): void {
    this.violation ??= what;
  }

  /** @throws {Violation} Something has happened that must not. */
  check(): void {
    const what = this.#world.faults[0] ?? this.violation;
    if (what !== undefined) throw new Violation(`${what}\n  ${this.#trace.join('\n  ')}`);
  }

  /** A payload that no other message has, of about so many bytes. */
  text(bytes: number): string {
    return `m${++this.serial} `.padEnd(bytes, 'x');
  }

  // What clients say

  comes({ will, clientId }: ConnectPacket): void {
    this.#named.set(clientId, (this.#named.get(clientId) ?? 0) + 1);
    if (will !== undefined) this.#count(tokenOf(will.payload.toString()), -1, will.retain);
  }

  entered(caller: Speaker, isPresent: boolean): SessionModel {
    const { id, connect } = caller;
    const known = this.sessions.get(id);
    if (isPresent && known === undefined && (this.#named.get(id) ?? 0) < 2)
      this.violate(`${id} has a session from nowhere`);
    const session = isPresent && known ? known : new SessionModel();
    this.sessions.set(id, session);
    const askedMs =
      connect?.version === 5
        ? (connect.sessionExpiryS ?? 0) * 1000
        : connect?.cleanStart
          ? 0
          : Number.POSITIVE_INFINITY;
    session.expiryMs = Math.min(askedMs, SESSION_EXPIRY_MS);
    session.leftMs = undefined;
    session.caller = caller.number;
    if (connect?.maxPacketBytes !== undefined) session.isLossy = true;
    return session;
  }

  left({ session, number, connect, connack }: Speaker): void {
    // It cannot know what became of its session.
    if (connect !== undefined && connack === undefined) this.sessions.delete(connect.clientId);
    if (session?.caller === number) session.leftMs ??= this.#world.clock.monotonicMs();
  }

  published(caller: Speaker, packet: PublishPacket, topic: string): void {
    const { qos, id, retain, expiryS } = packet;
    const token = tokenOf(packet.payload.toString());
    const own = caller.session;
    if (qos === 2 && own !== undefined) {
      const known = own.unreleased.get(id);
      // The same again, or what the gateway takes for it.
      if (known !== undefined) return;
      own.unreleased.set(id, token);
    }
    const published = this.#count(token, caller.number, retain);
    if (!this.isQuiet || own === undefined || qos === 0 || expiryS !== undefined) return;
    for (const [client, session] of this.sessions) {
      for (const [filter, granted] of session.filters) {
        const isDue = granted.qos > 0 && matches(filter, topic) && !(granted.noLocal && client === caller.id);
        if (isDue) published.due.push([session, granted]);
      }
    }
  }

  /** What changes a session: a goodbye, a release, and what it subscribes to, which counts when it is granted. */
  says(caller: Speaker, packet: Packet): void {
    const { session } = caller;
    if (packet.kind === 'subscribe') {
      for (const { filter } of packet.requests) {
        if (filter.startsWith('$share/')) this.#waysOf(caller).add(filter);
      }
    }
    if (session === undefined) return;
    if (packet.kind === 'disconnect') {
      this.#goodbye(session, packet);
      const will = caller.connect?.will;
      const isWorthNothing = this.isQuiet && packet.reason === 0 && packet.sessionExpiryS === undefined;
      if (will !== undefined && isWorthNothing)
        this.#count(tokenOf(will.payload.toString()), -1, will.retain).count = 0;
    }
    if (packet.kind === 'pubrel') session.unreleased.delete(packet.id);
    else if (packet.kind === 'subscribe') {
      this.#asked.set(`${caller.number} ${packet.id}`, packet);
      for (const { filter } of packet.requests) session.filters.delete(filter);
    } else if (packet.kind === 'unsubscribe') for (const filter of packet.filters) session.filters.delete(filter);
  }

  #goodbye(session: SessionModel, { sessionExpiryS }: DisconnectPacket): void {
    if (sessionExpiryS === undefined) return;
    const expiryMs = Math.min(sessionExpiryS * 1000, SESSION_EXPIRY_MS);
    if (session.expiryMs > 0 || expiryMs === 0) session.expiryMs = expiryMs;
  }

  // What they get

  answered(caller: Speaker, { kind, id, reason, codes }: Pick<Got, 'kind' | 'id' | 'reason' | 'codes'>): void {
    const { session } = caller;
    if (session === undefined) return;
    if (kind === 'suback') this.#granted(session, this.#asked.get(`${caller.number} ${id}`), codes);
    if (kind !== 'puback' && kind !== 'pubrec') return;
    const token = kind === 'pubrec' ? session.unreleased.get(id) : caller.tokenOf(id);
    if (reason >= 0x80) {
      if (kind === 'pubrec') session.unreleased.delete(id);
      return;
    }
    const published = this.#published.get(token ?? '');
    for (const [due, granted] of published?.due ?? []) {
      if ([...due.filters.values()].includes(granted)) due.expected.add(token as string);
    }
  }

  #granted(session: SessionModel, asked: SubscribePacket | UnsubscribePacket | undefined, codes: number[]): void {
    if (asked?.kind !== 'subscribe' || !this.isQuiet) return;
    for (const [index, { filter, noLocal }] of asked.requests.entries()) {
      const qos = codes[index] as number;
      if (qos <= 2 && !filter.startsWith('$share/')) session.filters.set(filter, { qos, noLocal });
    }
  }

  delivered(caller: Speaker, { qos, dup, topic, retain }: Got, token: string): void {
    const session = caller.session as SessionModel;
    session.expected.delete(token);
    const published = this.#published.get(token);
    if (published === undefined || published.isRetained || retain) return;
    const came = (session.came.get(token) ?? 0) + 1;
    const ways = this.#waysOf(caller).size;
    const most = published.count * ways;
    const isAgain = session.over.has(token) || (qos === 2 && session.confirmed.has(token));
    if (isAgain && most === 1 && !caller.line.wasStalled)
      throw new Violation(`${token} again, though it was acknowledged`);
    // What is not acknowledged comes again by another connection.
    const cameHere = caller.came(token);
    if (cameHere > most || (qos === 0 && came > most)) throw new Violation(`${token} came ${cameHere} times`);
    if (qos === 0) session.came.set(token, came);
    if (dup || published.count > 1 || ways > 1 || published.from < 0) return;
    const order = `${published.from} > ${caller.number} ${topic} ${qos}`;
    if (published.serial < (this.#orders.get(order) ?? 0)) throw new Violation(`${token} came after a later one`);
    this.#orders.set(order, published.serial);
  }

  /** The gateway has read all that a client has acknowledged. */
  settled({ session, acknowledged }: Speaker): void {
    for (const token of acknowledged.splice(0)) session?.over.add(token);
  }

  /** The gateway has released a message of QoS 2. */
  confirmed({ session }: Speaker, token: string): void {
    session?.confirmed.add(token);
  }

  /** By what one message may have come to a client, ever: its plain subscriptions, and each shared one. */
  #waysOf({ connect, number }: Speaker): Set<string> {
    const whose = connect?.clientId || `nobody ${number}`;
    const known = this.#ways.get(whose) ?? new Set(['']);
    this.#ways.set(whose, known);
    return known;
  }

  /** A session that must still be there, with all that must still come. */
  get lasting(): [id: string, session: SessionModel][] {
    const nowMs = this.#world.clock.monotonicMs();
    return [...this.sessions].filter(([, { leftMs, expiryMs, expected }]) => {
      return expected.size > 0 && (leftMs === undefined ? expiryMs > 0 : leftMs + expiryMs > nowMs);
    });
  }

  #count(token: string, from: number, isRetained: boolean): Published {
    const known = this.#published.get(token);
    const published = known ?? { count: 0, isRetained, from, serial: this.#published.size, due: [] };
    published.count++;
    this.#published.set(token, published);
    return published;
  }
}

function matches(filter: string, topic: string): boolean {
  const isHidden = topic.startsWith('$') && !filter.startsWith('$');
  return !isHidden && matchesPattern(filter.split('/'), topic);
}
