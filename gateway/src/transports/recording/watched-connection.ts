import type { ConnectionFacts, Tap } from '../taps.ts';
import { type BytesEvent, type CloseEvent, type OpenEvent, shown } from './events.ts';
import { BLANK, type ConnectionView, type Look, type Way } from './recorded-protocol.ts';
import { tokensIn } from './tokens-in.ts';
import { UnitCutter } from './unit-cutter.ts';

/** What a connection may say until it is known whose it is; what says more is of nobody who is recorded. */
export const MAX_UNKNOWN_BYTES = 4096;

/** An event without what each recording numbers in its own way. */
export type ConnectionEvent = Omit<BytesEvent, 'c' | 't'> | Omit<CloseEvent, 'c' | 't'>;

/** One recording, as a connection tells it. */
export interface Listener {
  opened(connection: WatchedConnection, event: Omit<OpenEvent, 'is' | 'c' | 't'>, atMs: number): void;
  said(connection: WatchedConnection, event: ConnectionEvent, atMs: number): void;
}

export interface WatchedParts {
  facts: ConnectionFacts;
  protocol: string;
  view: ConnectionView;
  /** The protocol of connections of text messages whose first message is binary; undefined: it is this one all the same. */
  binary: { protocol: string; view(): ConnectionView } | undefined;
  nowMs(): number;
  /** The recordings that want one of these clients, and which of them it is. */
  wanting(clients: readonly string[]): { client: string; listeners: readonly Listener[] } | undefined;
  /** Told of a fault of ours; the connection is not recorded any more, and goes on. */
  failed(error: unknown): void;
  /** Nobody wants to hear more of it. */
  drop(connection: WatchedConnection): void;
}

/** A connection that is recorded, or may be as soon as it is known whose it is. */
export class WatchedConnection implements Tap {
  readonly facts: ConnectionFacts;
  /** Where answers by UDP go, beside the port that they are asked from. */
  answerPort: number | undefined;
  readonly #parts: WatchedParts;
  readonly #openedMs: number;
  #protocol: string;
  #view: ConnectionView;
  readonly #cutters: Record<Way, UnitCutter> | undefined;
  #isFirst = true;
  #client: string | undefined;
  readonly #listeners = new Set<Listener>();
  /** What it said before it was known whose it is. */
  #unknown: { event: ConnectionEvent; atMs: number }[] = [];
  #unknownBytes = 0;
  #isOver = false;

  constructor(parts: WatchedParts) {
    this.facts = parts.facts;
    this.#parts = parts;
    this.#openedMs = parts.nowMs();
    this.#protocol = parts.protocol;
    this.#view = parts.view;
    if (parts.facts.isStream) this.#cutters = { in: this.#cutter('in'), out: this.#cutter('out') };
  }

  /** It is this client's, as is known without a word of it; not `isNew`: it has said some before anybody looked. */
  join(client: string, listener: Listener, isNew: boolean): void {
    this.#client = client;
    if (this.#listeners.has(listener)) return;
    this.#listeners.add(listener);
    listener.opened(this, { ...this.#openFacts(client), ...(!isNew && { inMiddle: true }) }, this.#parts.nowMs());
  }

  /** A recording is over; the last one gets what is held until its end comes. */
  leave(listener: Listener): void {
    if (!this.#listeners.has(listener)) return;
    if (this.#listeners.size === 1) this.#guard(() => this.#flush());
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#drop();
  }

  received(bytes: Uint8Array, isBinary?: boolean): void {
    this.#guard(() => this.#take('in', bytes, isBinary));
  }

  sent(bytes: Uint8Array, isBinary?: boolean): void {
    this.#guard(() => this.#take('out', bytes, isBinary));
  }

  closed(code?: number, reason?: string): void {
    this.#guard(() => {
      this.#flush();
      this.#say({ is: 'close', ...(code !== undefined && { code }), ...(reason && { reason }) }, this.#parts.nowMs());
      this.#drop();
    });
  }

  #flush(): void {
    this.#cutters?.in.end();
    this.#cutters?.out.end();
  }

  /** Whoever is recorded does not notice what goes wrong here. */
  #guard(run: () => void): void {
    if (this.#isOver) return;
    try {
      run();
    } catch (error) {
      this.#parts.failed(error);
      this.#drop();
    }
  }

  #take(way: Way, bytes: Uint8Array, isBinary: boolean | undefined): void {
    const atMs = this.#parts.nowMs();
    if (this.#cutters) {
      this.#cutters[way].push(bytes, atMs);
      this.#count(bytes.length);
      return;
    }
    if (this.#isFirst && way === 'in') this.#begin(isBinary === true);
    const unit = Buffer.from(bytes);
    const look = this.#view.look(way, unit, true);
    for (const [begin, end] of tokensIn(unit)) unit.fill(BLANK, begin, end);
    for (const [begin, end] of look.secrets ?? []) unit.fill(BLANK, begin, end);
    this.#say({ is: way, ...shown(unit), ...(isBinary === true && { binary: true }) }, atMs);
    this.#saw(look);
    this.#count(bytes.length);
  }

  #begin(isBinary: boolean): void {
    this.#isFirst = false;
    const { binary } = this.#parts;
    if (!isBinary || binary === undefined) return;
    this.#protocol = binary.protocol;
    this.#view = binary.view();
  }

  #cutter(way: Way): UnitCutter {
    const isMessage = this.facts.by === 'websocket';
    return new UnitCutter(this.#view, way, {
      piece: (bytes, atMs) => this.#say({ is: way, ...shown(bytes), ...(isMessage && { binary: true }) }, atMs),
      saw: (look) => this.#saw(look),
    });
  }

  #saw({ clients, answerPort }: Look): void {
    if (answerPort !== undefined) this.answerPort = answerPort;
    if (clients !== undefined && clients.length > 0 && this.#client === undefined && !this.#isOver) {
      this.#identify(clients);
    }
  }

  #identify(clients: readonly string[]): void {
    const found = this.#parts.wanting(clients);
    if (found === undefined) {
      this.#drop();
      return;
    }
    this.#client = found.client;
    const unknown = this.#unknown;
    this.#unknown = [];
    for (const listener of found.listeners) {
      this.#listeners.add(listener);
      listener.opened(this, this.#openFacts(found.client), this.#openedMs);
      for (const { event, atMs } of unknown) listener.said(this, event, atMs);
    }
  }

  #openFacts(client: string): Omit<OpenEvent, 'is' | 'c' | 't'> {
    const { listener, by, isStream, peer, path, subprotocol, credential } = this.facts;
    const more = {
      ...(path !== undefined && { path }),
      ...(subprotocol !== undefined && { subprotocol }),
      ...(credential !== undefined && { credential }),
    };
    return { protocol: this.#protocol, client, listener, by, isStream, peer, ...more };
  }

  #say(event: ConnectionEvent, atMs: number): void {
    if (this.#isOver) return;
    if (this.#client === undefined) this.#unknown.push({ event, atMs });
    else for (const listener of this.#listeners) listener.said(this, event, atMs);
  }

  /** Who says so much without saying who he is is of nobody who is recorded. */
  #count(bytes: number): void {
    if (this.#client !== undefined || this.#isOver) return;
    this.#unknownBytes += bytes;
    if (this.#unknownBytes > MAX_UNKNOWN_BYTES) this.#drop();
  }

  #drop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#unknown = [];
    this.#parts.drop(this);
  }
}
