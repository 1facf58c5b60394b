import { statfs } from 'node:fs/promises';
import type { Clock } from '../common/clock.ts';
import type { Metrics } from '../common/metrics.ts';
import { measureLoopDelay } from './loop-delay.ts';
import { totalTraffic } from './traffic.ts';

export interface VitalsParts {
  clock: Clock;
  metrics: Metrics;
  /** The folder whose disk is looked at; undefined: none is. */
  dataDir?: string | undefined;
  /** Why the last write to the database failed; undefined if it did not. */
  storeFault?: (() => string | undefined) | undefined;
}

/** How much room a disk has, in bytes. */
export interface DiskRoom {
  freeBytes: number;
  totalBytes: number;
}

/** How many messages went in and out in the last second, those between MQTT clients included. */
export interface Rates {
  messagesPerS: number;
  deliveriesPerS: number;
}

/** How long the room of the disk is taken to be the same. */
const DISK_MS = 5000;

/** How the gateway's process is doing: its messages a second, memory, disk, and how late it comes round to what waits. */
export class Vitals {
  readonly #parts: VitalsParts;
  readonly #startMs: number;
  readonly #stop: () => void;
  #rates: Rates = { messagesPerS: 0, deliveriesPerS: 0 };
  #before = { received: 0, sent: 0, atMs: 0 };
  #loopDelayMs = 0;
  #disk: { room: Promise<DiskRoom | null>; atMs: number } | undefined;

  /** It looks once a second, until `stop`. */
  constructor(parts: VitalsParts) {
    const { clock, metrics } = parts;
    this.#parts = parts;
    this.#startMs = clock.monotonicMs();
    this.#before.atMs = this.#startMs;
    const help = 'Whether the clock of the machine is taken to be right: 1 or 0.';
    metrics.gauge({ name: 'crosscomm_clock_trusted', help }, () => (clock.isTrusted() ? 1 : 0));
    this.#stop = measureLoopDelay(clock, metrics, (delayMs) => this.#look(delayMs));
  }

  stop(): void {
    this.#stop();
  }

  get uptimeMs(): number {
    return Math.round(this.#parts.clock.monotonicMs() - this.#startMs);
  }

  get rates(): Rates {
    return this.#rates;
  }

  /** How much later than it should the event loop came round to a timer, the last time that it was looked at. */
  get loopDelayMs(): number {
    return this.#loopDelayMs;
  }

  /** What the process has in memory, in bytes. */
  get memoryBytes(): number {
    return process.memoryUsage.rss();
  }

  /** Why the state cannot be written to the disk now; undefined while it can. */
  get storeFault(): string | undefined {
    return this.#parts.storeFault?.();
  }

  /** The room on the disk of the data; null where that cannot be known. */
  disk(): Promise<DiskRoom | null> {
    const { clock, dataDir } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (this.#disk === undefined || nowMs - this.#disk.atMs >= DISK_MS) {
      this.#disk = { room: roomOf(dataDir), atMs: nowMs };
    }
    return this.#disk.room;
  }

  #look(delayMs: number): void {
    const { clock, metrics } = this.#parts;
    const { received, sent } = totalTraffic(metrics);
    const before = this.#before;
    const atMs = clock.monotonicMs();
    const perS = 1000 / Math.max(1, atMs - before.atMs);
    this.#rates = {
      messagesPerS: Math.round((received - before.received) * perS),
      deliveriesPerS: Math.round((sent - before.sent) * perS),
    };
    this.#before = { received, sent, atMs };
    this.#loopDelayMs = Math.round(delayMs);
  }
}

/** The room on the disk of a folder; null where that cannot be known. */
export async function roomOf(folder: string | undefined): Promise<DiskRoom | null> {
  if (folder === undefined) return null;
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
  } catch {
    return null;
  }
}
