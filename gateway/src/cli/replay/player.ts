import { setTimeout as sleep } from 'node:timers/promises';
import { type BytesEvent, bytesOf, type CloseEvent, type OpenEvent } from '../../transports/recording/events.ts';
import {
  BLANK,
  type ConnectionView,
  type RecordedProtocol,
  type Rejoin,
} from '../../transports/recording/recorded-protocol.ts';
import { tokensIn } from '../../transports/recording/tokens-in.ts';
import { Comparison } from './comparison.ts';
import type { Connection, ConnectionHandler } from './connection.ts';
import type { Happening } from './read-recording.ts';
import { Units } from './units.ts';

/** How long an answer may take that came then; a connection that was once behind is not waited for again. */
const PATIENCE_MS = 1000;
const LOOK_MS = 2;
const BLANKS = /\*{2,}/g;

export interface PlayerOptions {
  happenings: readonly Happening[];
  /** How many times as fast as it was. */
  speed: number;
  as: Rejoin;
  /** The protocol of a connection; undefined: it is not known here. */
  protocol(name: string): Promise<RecordedProtocol | undefined>;
  /** Opens a connection; a text where that cannot be done: why. */
  open(event: OpenEvent, handler: ConnectionHandler): Connection | string;
  /** Somebody wants it to end. */
  ended: AbortSignal;
}

/** One connection of a recording, and how it went. */
export interface Played {
  readonly event: OpenEvent;
  /** Why it was not replayed. */
  readonly skipped: string | undefined;
  readonly comparison: Comparison;
}

/** Plays a recording: opens its connections, and sends what was sent, each when it was and what it answers to has come. */
export async function play(options: PlayerOptions): Promise<Played[]> {
  const { happenings, speed, ended } = options;
  const played = new Map<number, PlayedConnection>();
  const beginMs = performance.now();
  const firstMs = happenings[0]?.t ?? 0;
  for (const event of happenings) {
    if (ended.aborted) break;
    if (event.is === 'out') {
      played.get(event.c)?.expect(event);
      continue;
    }
    const dueMs = beginMs + (event.t - firstMs) / speed;
    if (dueMs > performance.now()) await sleep(dueMs - performance.now(), undefined, { signal: ended }).catch(() => {});
    await caughtUp(played.values(), ended);
    if (event.is === 'open') played.set(event.c, await PlayedConnection.open(event, options));
    else if (event.is === 'close') played.get(event.c)?.close(event);
    else played.get(event.c)?.send(event);
  }
  await caughtUp(played.values(), ended);
  for (const connection of played.values()) connection.end();
  return [...played.values()];
}

/** Waits until everybody has what it had by then. */
async function caughtUp(connections: Iterable<PlayedConnection>, ended: AbortSignal): Promise<void> {
  const all = [...connections];
  const untilMs = performance.now() + PATIENCE_MS;
  while (all.some((connection) => connection.isBehind)) {
    if (performance.now() > untilMs || ended.aborted) {
      for (const connection of all) connection.giveUp();
      return;
    }
    await sleep(LOOK_MS);
  }
}

class PlayedConnection implements Played, ConnectionHandler {
  readonly event: OpenEvent;
  skipped: string | undefined;
  readonly comparison = new Comparison();
  readonly #as: Rejoin;
  #connection: Connection | undefined;
  /** Of what was said then, and of what is said now. */
  readonly #then: Said | undefined;
  readonly #now: Said | undefined;
  #isWaitedFor = true;
  #isOver = false;

  static async open(event: OpenEvent, options: PlayerOptions): Promise<PlayedConnection> {
    const recorded = await options.protocol(event.protocol);
    const played = new PlayedConnection(event, options.as, recorded);
    if (recorded === undefined) played.#skip(`this command does not know ${event.protocol}`);
    else if (event.inMiddle) played.#skip('it was open before the recording began, so that how it joined is not there');
    if (played.skipped !== undefined) return played;
    try {
      const connection = options.open(event, played);
      if (typeof connection === 'string') played.#skip(connection);
      else {
        played.#connection = connection;
        await connection.opened;
      }
    } catch (error) {
      played.#skip(`it cannot be opened: ${(error as Error).message}`);
    }
    return played;
  }

  constructor(event: OpenEvent, as: Rejoin, recorded: RecordedProtocol | undefined) {
    this.event = event;
    this.#as = as;
    if (recorded === undefined) return;
    this.#then = new Said(recorded.view(event), event.isStream);
    this.#now = new Said(recorded.view(event), event.isStream);
  }

  /** Fewer answers have come than had come by then. */
  get isBehind(): boolean {
    const { recorded, replayed } = this.comparison;
    return this.#isWaitedFor && !this.#isOver && this.skipped === undefined && replayed < recorded;
  }

  giveUp(): void {
    if (this.isBehind) this.#isWaitedFor = false;
  }

  expect(event: BytesEvent): void {
    for (const label of this.#then?.out(bytesOf(event)) ?? []) this.comparison.expect(label);
  }

  send(event: BytesEvent): void {
    const bytes = bytesOf(event);
    this.#then?.in(bytes);
    if (this.skipped !== undefined || this.#isOver || this.#now === undefined) return;
    const { suffix, secret } = this.#as;
    const isSame = suffix === '' && secret === undefined;
    const changed = this.#now.in(bytes, this.#as);
    const sent = isSame ? bytes : changed;
    if (sent.length > 0) this.#connection?.send(sent, event.binary === true);
  }

  close({ code }: CloseEvent): void {
    if (code !== undefined) this.comparison.expect(closing(code));
    this.#connection?.close();
  }

  end(): void {
    this.#isOver = true;
    this.#connection?.close();
  }

  received(bytes: Buffer): void {
    for (const label of this.#now?.out(bytes) ?? []) this.comparison.got(label);
  }

  ended(code?: number): void {
    if (!this.#isOver && code !== undefined) this.comparison.got(closing(code));
    this.#isOver = true;
  }

  #skip(why: string): void {
    this.skipped = why;
  }
}

function closing(code: number): string {
  return `closed with ${code}`;
}

/** What is said on a connection, both ways. */
class Said {
  readonly #view: ConnectionView;
  readonly #in: Units;
  readonly #out: Units;

  constructor(view: ConnectionView, isStream: boolean) {
    this.#view = view;
    this.#in = new Units(view, 'in', isStream);
    this.#out = new Units(view, 'out', isStream);
  }

  /** What the client sends; `as`: under another name, as far as its units are whole. */
  in(bytes: Buffer, as?: Rejoin): Buffer {
    const units = this.#in.push(bytes).map((unit) => {
      const said = as === undefined ? unit : this.#view.rejoin(unit, as);
      this.#view.look('in', said, true);
      return said;
    });
    return Buffer.concat(units);
  }

  /** What it is sent, in words, without secrets. */
  out(bytes: Buffer): string[] {
    return this.#out.push(bytes).flatMap((unit) => {
      const { secrets = [] } = this.#view.look('out', unit, true);
      // As in the recording; a secret may have another length there.
      const blanked = Buffer.from(unit);
      for (const [begin, end] of [...secrets, ...tokensIn(unit)]) blanked.fill(BLANK, begin, end);
      return this.#view.label('out', blanked)?.replaceAll(BLANKS, '**') ?? [];
    });
  }
}
