import type { Clock } from '../../common/clock.ts';
import { hostInUrl } from '../../common/host-in-url.ts';
import type { ConnectionFacts, ConnectionWatcher, Tappable, Taps } from '../taps.ts';
import type { UdpPeer } from '../udp.ts';
import type { OpenEvent, RecordingEvent } from './events.ts';
import type { RecordedProtocol } from './recorded-protocol.ts';
import { type ConnectionEvent, type Listener, WatchedConnection } from './watched-connection.ts';

/** How many connections may be looked at that have not said yet whose they are; of each at most some 4 KB are kept. */
const MAX_UNKNOWN = 1000;

/** A protocol that can be recorded. */
export interface RecorderProtocol {
  /** Its name; `listener`: the key of its listeners, `oocsi` of `oocsi` and `oocsiTls`. */
  readonly name: string;
  readonly listener: string;
  /** It takes the connections of other protocols whose first message is binary. */
  readonly takesBinary: boolean;
  load(): Promise<RecordedProtocol>;
}

export interface RecorderOptions {
  taps: Taps;
  clock: Clock;
  protocols: readonly RecorderProtocol[];
  /** Where a client that is online comes from; undefined: it is not, or that is not known. */
  peerOf(client: string): string | undefined;
  /** Told of a fault of ours, by which a connection is not recorded any more. */
  failed(error: unknown): void;
}

/** Where a recording goes. */
export interface RecordingSink {
  write(event: RecordingEvent): void;
}

interface Loaded extends RecorderProtocol {
  readonly recorded: RecordedProtocol;
}

/** Records the connections of clients that somebody chose. While nobody does, it does nothing, and nothing of it is loaded. */
export class Recorder implements ConnectionWatcher {
  readonly #options: RecorderOptions;
  readonly #protocols: readonly Loaded[];
  readonly #recordings = new Set<Recording>();
  /** How to end watching each; and those by UDP, by their address and port. */
  readonly #watched = new Map<WatchedConnection, () => void>();
  readonly #byUdp = new Map<string, WatchedConnection>();
  readonly #unknown = new Set<WatchedConnection>();

  /** Loads what the protocols need to be recorded. */
  static async load(options: RecorderOptions): Promise<Recorder> {
    const load = async (protocol: RecorderProtocol): Promise<Loaded> => ({
      ...protocol,
      recorded: await protocol.load(),
    });
    return new Recorder(options, await Promise.all(options.protocols.map(load)));
  }

  private constructor(options: RecorderOptions, protocols: readonly Loaded[]) {
    this.#options = options;
    this.#protocols = protocols;
  }

  /** How many recordings are under way. */
  get count(): number {
    return this.#recordings.size;
  }

  /**
   * Begins a recording: of the connections that these clients have, where these can be told apart, and of those that they will have. What
   * `sink` is told first are the connections that are open. No connection is missed that opens afterwards.
   */
  start(clients: readonly string[], sink: RecordingSink): Recording {
    const { clock, taps } = this.#options;
    const recording = new Recording(clients, sink, clock.monotonicMs(), () => this.#end(recording));
    this.#recordings.add(recording);
    taps.watcher = this;
    this.#joinOpen(recording);
    return recording;
  }

  opened(connection: Tappable): void {
    if (this.#unknown.size >= MAX_UNKNOWN) {
      for (const recording of this.#recordings) recording.unseen++;
      return;
    }
    const watched = this.#watch(connection);
    const { client } = connection.facts;
    if (watched !== undefined && client !== undefined) this.#joinWanted(watched, client);
  }

  packet(listener: string, way: 'in' | 'out', bytes: Uint8Array, { address, port }: UdpPeer): void {
    const peer = `${hostInUrl(address)}:${port}`;
    if (way === 'out') {
      this.#answered(peer)?.sent(bytes);
      return;
    }
    const facts: ConnectionFacts = { listener, by: 'udp', isStream: false, peer };
    const watched = this.#byUdp.get(peer) ?? this.#watch({ facts, tap: () => () => this.#byUdp.delete(peer) });
    if (watched === undefined) return;
    this.#byUdp.set(peer, watched);
    watched.received(bytes);
    if (!this.#watched.has(watched)) this.#byUdp.delete(peer);
  }

  /** Who is answered at an address and port: who sends from there, or asked for it. */
  #answered(peer: string): WatchedConnection | undefined {
    const own = this.#byUdp.get(peer);
    if (own !== undefined) return own;
    const colon = peer.lastIndexOf(':');
    for (const watched of this.#byUdp.values()) {
      const { peer: asks } = watched.facts;
      const isHere = asks.slice(0, asks.lastIndexOf(':')) === peer.slice(0, colon);
      if (isHere && watched.answerPort === Number(peer.slice(colon + 1))) return watched;
    }
    return undefined;
  }

  /** Has a connection watched until it is known that nobody wants it; undefined: its protocol cannot be recorded. */
  #watch(connection: Tappable): WatchedConnection | undefined {
    const { facts } = connection;
    const protocol = this.#protocols.find(
      ({ listener }) => facts.listener === listener || facts.listener === `${listener}Tls`,
    );
    if (protocol === undefined) return undefined;
    const binary = this.#protocols.find(({ takesBinary }) => takesBinary);
    const watched: WatchedConnection = new WatchedConnection({
      facts,
      protocol: protocol.name,
      view: protocol.recorded.view(facts),
      binary: binary && { protocol: binary.name, view: () => binary.recorded.view(facts) },
      nowMs: () => this.#options.clock.monotonicMs(),
      wanting: (clients) => this.#wanting(watched, clients),
      failed: (error) => this.#options.failed(error),
      drop: () => this.#drop(watched),
    });
    this.#unknown.add(watched);
    this.#watched.set(watched, connection.tap(watched));
    return watched;
  }

  #wanting(
    watched: WatchedConnection,
    clients: readonly string[],
  ): { client: string; listeners: readonly Listener[] } | undefined {
    for (const client of clients) {
      const listeners = [...this.#recordings].filter((recording) => recording.wants(client));
      if (listeners.length === 0) continue;
      this.#unknown.delete(watched);
      return { client, listeners };
    }
    return undefined;
  }

  /** Records the connections that are open already, where it is sure whose they are. */
  #joinOpen(recording: Recording): void {
    const { taps, peerOf } = this.#options;
    const peers = new Map<string, string>();
    for (const client of recording.clients) {
      const peer = peerOf(client);
      if (peer !== undefined) peers.set(peer, client);
    }
    /** The client that a connection is of, where it is online there and nowhere else. */
    const clientOf = ({ peer, isBehindProxy, client }: ConnectionFacts): string | undefined => {
      if (client !== undefined && recording.wants(client)) return client;
      return isBehindProxy === true ? undefined : peers.get(peer);
    };
    for (const watched of this.#watched.keys()) {
      const client = clientOf(watched.facts);
      if (client !== undefined) this.#join(watched, client, recording);
    }
    const seen = new Set([...this.#watched.keys()].map(({ facts }) => facts.peer));
    for (const connection of taps.open()) {
      const { facts } = connection;
      const client = clientOf(facts);
      // A board may say who it is whenever it was reset, so its port is watched as if it had just been opened.
      if ((client === undefined && facts.by !== 'serial') || seen.has(facts.peer)) continue;
      const watched = this.#watch(connection);
      if (watched !== undefined && client !== undefined) this.#join(watched, client, recording);
    }
  }

  /** It is known without a word whose it is. */
  #joinWanted(watched: WatchedConnection, client: string): void {
    for (const recording of this.#recordings) if (recording.wants(client)) this.#join(watched, client, recording, true);
  }

  #join(watched: WatchedConnection, client: string, recording: Recording, isNew = false): void {
    this.#unknown.delete(watched);
    watched.join(client, recording, isNew);
  }

  #drop(watched: WatchedConnection): void {
    this.#unknown.delete(watched);
    this.#watched.get(watched)?.();
    this.#watched.delete(watched);
  }

  #end(recording: Recording): void {
    for (const watched of [...this.#watched.keys()]) watched.leave(recording);
    this.#recordings.delete(recording);
    if (this.#recordings.size > 0) return;
    this.#options.taps.watcher = undefined;
    for (const watched of [...this.#watched.keys()]) this.#drop(watched);
    this.#byUdp.clear();
  }
}

/** One recording that is under way. */
export class Recording implements Listener {
  readonly clients: ReadonlySet<string>;
  /** Connections that were too many at once to be looked at. */
  unseen = 0;
  /** The clients that are recorded already, by a connection that is open. */
  readonly found = new Set<string>();
  readonly #sink: RecordingSink;
  readonly #startMs: number;
  readonly #numbers = new Map<WatchedConnection, number>();
  #count = 0;
  readonly #onEnd: () => void;

  constructor(clients: readonly string[], sink: RecordingSink, startMs: number, onEnd: () => void) {
    this.clients = new Set(clients);
    this.#sink = sink;
    this.#startMs = startMs;
    this.#onEnd = onEnd;
  }

  wants(client: string): boolean {
    return this.clients.has(client);
  }

  /** Since it began, in milliseconds; a tenth is as exact as it gets. */
  timeOf(atMs: number): number {
    return Math.max(0, Math.round((atMs - this.#startMs) * 10) / 10);
  }

  opened(connection: WatchedConnection, event: Omit<OpenEvent, 'is' | 'c' | 't'>, atMs: number): void {
    const c = ++this.#count;
    this.#numbers.set(connection, c);
    this.found.add(event.client);
    this.#sink.write({ is: 'open', t: this.timeOf(atMs), c, ...event });
  }

  said(connection: WatchedConnection, event: ConnectionEvent, atMs: number): void {
    const c = this.#numbers.get(connection);
    if (c === undefined) return;
    if (event.is === 'close') this.#numbers.delete(connection);
    this.#sink.write({ ...event, t: this.timeOf(atMs), c });
  }

  /** Ends it; what it held is told before. */
  end(): void {
    this.#onEnd();
  }
}
