import type { Clock } from '../../../common/clock.ts';
import type { GroupCommit } from '../../../common/group-commit.ts';
import { sealedBytes } from '../../../common/sealed.ts';
import { type OutboxDb, valuesOf } from '../kept/disk.ts';

/** A message that came from the stream, as it came. */
export interface HeldMessage {
  readonly id: string;
  readonly sequence: number;
  readonly data: Uint8Array;
  /** The gateway that it came from. */
  readonly gateway: string;
}

/** Whoever is told of the end of waiting. */
interface HeldEnd {
  release(message: HeldMessage): boolean;
  ended(id: string): void;
}

/** A client has come from another gateway, and what waits for it there goes before all else. */
interface Wait {
  /** The gateway that it came from. */
  readonly gateway: string;
  readonly endTimer: () => void;
  readonly messages: HeldMessage[];
}

const BEGIN = 'cluster:held:';
const SEQUENCE_DIGITS = 16;
/** How long what comes from elsewhere is held back for what waits where the client was: that gateway may be away. */
const HOLD_MS = 3000;
/** How much is held back; more is not worth its place, and is delivered out of order. */
const MAX_HELD = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Messages for clients that have just come from another gateway, which are held back until what waited for them there has come: on disk, as
 * their places in the stream are noted.
 */
export class Held {
  readonly #writes: GroupCommit;
  readonly #clock: Clock;
  readonly #waits = new Map<string, Wait>();
  /** Of an earlier run, and what there was no room for elsewhere. */
  #left: HeldMessage[];
  #count = 0;
  #bytes = 0;
  #end: HeldEnd = { release: () => false, ended: () => {} };

  private constructor(writes: GroupCommit, clock: Clock, left: HeldMessage[]) {
    this.#writes = writes;
    this.#clock = clock;
    this.#left = left;
  }

  static async open(db: OutboxDb, writes: GroupCommit, clock: Clock): Promise<Held> {
    const left: HeldMessage[] = [];
    for await (const [key, bytes] of valuesOf(db, { gt: BEGIN, lt: `${BEGIN}~` })) {
      const [sequence = '', gateway = ''] = key.slice(BEGIN.length).split(':', 2);
      const id = key.slice(BEGIN.length + sequence.length + gateway.length + 2);
      left.push({ id, gateway, sequence: Number(sequence), data: bytes });
    }
    return new Held(writes, clock, left);
  }

  /**
   * Begins with those who waited in an earlier run, and for which gateway. `release` is handed what is held no longer: in order, in the write that
   * takes it off the disk; false where there is no room for it. `ended`: a client waits no more.
   */
  start(waits: Iterable<[id: string, gateway: string]>, { release, ended }: HeldEnd): void {
    this.#end = { release, ended };
    for (const [id, gateway] of waits) this.begin(id, gateway);
    const left = this.#left.splice(0);
    for (const message of left) if (!this.take(message)) this.#let(message);
  }

  /** Hands out what there was no room for. */
  tryAgain(): void {
    const left = this.#left;
    this.#left = [];
    for (const message of left) this.#let(message);
  }

  stop(): void {
    for (const { endTimer } of this.#waits.values()) endTimer();
    this.#waits.clear();
  }

  /** What is for a client waits from now on for what `gateway` has of it, for a while. */
  begin(id: string, gateway: string): void {
    this.end(id);
    const endTimer = this.#clock.after(HOLD_MS, () => this.end(id));
    this.#waits.set(id, { gateway, endTimer, messages: [] });
  }

  /** Whether what is for a client waits. */
  isWaiting(id: string): boolean {
    return this.#waits.has(id);
  }

  /** Takes a message if it is one of those that have to wait. */
  take(message: HeldMessage): boolean {
    const wait = this.#waits.get(message.id);
    if (wait === undefined) return false;
    if (this.#count >= MAX_HELD || this.#bytes >= MAX_BYTES) {
      this.end(message.id);
      return false;
    }
    wait.messages.push(message);
    this.#count++;
    this.#bytes += message.data.length;
    this.#writes.put(keyOf(message), sealedBytes.encode(message.data));
    return true;
  }

  /** Nothing has to wait for a client any more. `gateway`: only if that was waited for. */
  end(id: string, gateway?: string): void {
    const wait = this.#waits.get(id);
    if (wait === undefined || (gateway !== undefined && wait.gateway !== gateway)) return;
    wait.endTimer();
    this.#waits.delete(id);
    this.#end.ended(id);
    for (const message of wait.messages) {
      this.#count--;
      this.#bytes -= message.data.length;
      this.#let(message);
    }
  }

  #let(message: HeldMessage): void {
    if (this.#end.release(message)) this.#writes.del(keyOf(message));
    else this.#left.push(message);
  }
}

function keyOf({ sequence, gateway, id }: HeldMessage): string {
  return `${BEGIN}${String(sequence).padStart(SEQUENCE_DIGITS, '0')}:${gateway}:${id}`;
}
