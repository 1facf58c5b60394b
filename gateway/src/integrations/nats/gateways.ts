import type { KV } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import { makeSmallBucket } from './servers.ts';

/** What a gateway says of itself. Fields that a later version adds are skipped. */
export interface GatewayRecord {
  /** Of this format. */
  readonly v: 1;
  /** Tells this run of it from others. */
  readonly epoch: string;
  /** When it started, by its own clock, milliseconds since 1970. */
  readonly sinceMs: number;
  /** Of the gateway. */
  readonly version: string;
}

export interface GatewaysParts {
  clock: Clock;
  log: Log;
  prefix: string;
  name: string;
  record: GatewayRecord;
  /** Another gateway is there: for the first time, or as another run of it. */
  came(name: string, record: GatewayRecord): void;
  /** It is not there any more, and with it all its clients. */
  went(name: string): void;
  /** Another gateway has the name of this one. */
  nameTaken(): void;
}

/** What is known of another gateway. */
export interface Peer {
  readonly name: string;
  readonly version: string;
  /** When it started, by its own clock, milliseconds since 1970. */
  readonly sinceMs: number;
  /** When it was heard of last, by `Clock.now`. */
  readonly heardMs: number;
}

interface Known {
  record: GatewayRecord;
  heardMs: number;
  heardMonotonicMs: number;
}

const PUT_MS = 2000;
/** How long a record lives; a gateway of which nothing was heard for so long is gone. */
export const LIFE_MS = 6000;
/** A bucket of its own takes a moment in a new cluster, which answers after 2.5 to 7 s. */
const RETRY_MS = 1000;

/**
 * Who else is there: each gateway puts its record into a bucket in the servers' memory every two seconds, where it ends by itself after six. Whoever
 * is cut off sees the others go after six seconds, and the others see that one go.
 */
export class Gateways {
  readonly #parts: GatewaysParts;
  readonly #known = new Map<string, Known>();
  readonly #endLooking: () => void;
  #run = 0;

  constructor(parts: GatewaysParts) {
    this.#parts = parts;
    this.#endLooking = parts.clock.every(LIFE_MS / 6, () => this.#lookForGone());
  }

  /** Those that are there, without this one. */
  has(name: string): boolean {
    return this.#known.has(name);
  }

  list(): Peer[] {
    return [...this.#known].map(([name, { record, heardMs }]) => {
      const { version, sinceMs } = record;
      return { name, version, sinceMs, heardMs };
    });
  }

  /** When one was heard of last, by `Clock.now`; 0 for one that is not there. */
  heardMs(name: string): number {
    return this.#known.get(name)?.heardMs ?? 0;
  }

  /** The link is up: puts and watches from now on. */
  async linkUp(connection: NatsConnection): Promise<void> {
    const run = ++this.#run;
    const { log } = this.#parts;
    while (run === this.#run && !connection.isClosed()) {
      try {
        await this.#takePart(await this.#open(connection), run);
      } catch (error) {
        log.debug({ err: error }, 'the records of gateways cannot be reached yet');
      }
      await this.#pause();
    }
  }

  /** The link is down: whoever is not heard of again soon is gone. */
  linkDown(): void {
    this.#run++;
  }

  /** Takes the own record away over a link that is up, so that the others need not wait. */
  async stop(connection: NatsConnection | undefined): Promise<void> {
    this.#run++;
    this.#endLooking();
    if (connection === undefined) return;
    const bucket = await this.#open(connection);
    await bucket.purge(this.#parts.name);
  }

  async #open(connection: NatsConnection): Promise<KV> {
    const settings = { history: 1, ttl: LIFE_MS, markerTTL: LIFE_MS, storage: 'memory' as const };
    return await makeSmallBucket(connection, `${this.#parts.prefix}_gateways`, settings);
  }

  async #takePart(bucket: KV, run: number): Promise<void> {
    const endPuts = this.#parts.clock.every(PUT_MS, () => {
      if (run === this.#run) void this.#put(bucket, run);
      else endPuts();
    });
    try {
      await this.#put(bucket, run);
      await this.#watch(bucket, run);
    } finally {
      endPuts();
    }
  }

  async #put(bucket: KV, run: number): Promise<void> {
    if (run !== this.#run) return;
    const { name, record, log } = this.#parts;
    try {
      await bucket.put(name, JSON.stringify(record));
    } catch (error) {
      log.debug({ err: error }, 'the record of this gateway could not be put');
    }
  }

  async #watch(bucket: KV, run: number): Promise<void> {
    for await (const entry of await bucket.watch()) {
      if (run !== this.#run) return;
      if (entry.operation === 'PUT') this.#heard(entry.key, readRecord(entry.value));
      else this.#gone(entry.key);
    }
  }

  #heard(name: string, record: GatewayRecord | undefined): void {
    const { clock, came, nameTaken, record: own } = this.#parts;
    if (record === undefined) return;
    if (name === this.#parts.name) {
      if (record.epoch !== own.epoch && record.sinceMs >= own.sinceMs) nameTaken();
      return;
    }
    const known = this.#known.get(name);
    const heard = { record, heardMs: clock.now(), heardMonotonicMs: clock.monotonicMs() };
    if (known?.record.epoch === record.epoch) {
      Object.assign(known, heard);
      return;
    }
    if (known !== undefined) this.#gone(name);
    this.#known.set(name, heard);
    came(name, record);
  }

  #gone(name: string): void {
    if (this.#known.delete(name)) this.#parts.went(name);
  }

  #lookForGone(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    for (const [name, { heardMonotonicMs }] of this.#known) if (nowMs - heardMonotonicMs > LIFE_MS) this.#gone(name);
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.after(RETRY_MS, resolve));
  }
}

function readRecord(value: Uint8Array): GatewayRecord | undefined {
  try {
    const record = JSON.parse(Buffer.from(value).toString('utf8')) as GatewayRecord;
    const { v, epoch, sinceMs, version } = record;
    return v === 1 && typeof epoch === 'string' && Number.isFinite(sinceMs) && typeof version === 'string'
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}
