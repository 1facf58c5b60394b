import type { Clock } from '../../../common/clock.ts';
import type { Log } from '../../../common/log.ts';
import type { Hub } from '../../../hub/hub.ts';
import { subjectOf } from '../subjects.ts';
import type { ClientBucket } from './bucket.ts';
import { decodeRecord, encodeRecord } from './record.ts';
import { nextStep, sinceOf } from './rule.ts';
import type { ClientTable } from './table.ts';

export interface ClaimsParts {
  hub: Hub;
  clock: Clock;
  log: Log;
  gateway: string;
  epoch: string;
  table: ClientTable;
}

interface Held {
  readonly sinceMs: number;
  readonly protocol: string;
  readonly account: string | undefined;
}

/** How many ids are settled at once; each waits for the servers. */
const MAX_OPEN = 256;
/** How often the bucket may say that an entry is another by now, before the others are given a moment. */
const MAX_TRIES = 4;
const PAUSE_MS = 50;
const RETRY_MS = 1000;
const STOP_MS = 1000;
/** How often it is looked for what gateways left that have been gone for so long, and how many of their entries are taken away each time. */
const SWEEP_MS = 60_000;
const GONE_MS = 600_000;
const MAX_SWEPT = 1000;
/** A client that is online for one request only is not told of before that. */
const BRIEF_MS = 1000;

/**
 * Tells the other gateways who is online here: a client joins at once, and its gateway claims the id afterwards, until what the bucket says and
 * what is true here agree by the rule. Where the id is another gateway's, the client here is closed as one that was replaced.
 */
export class Claims {
  readonly #parts: ClaimsParts;
  readonly #held = new Map<string, Held>();
  readonly #queue = new Set<string>();
  readonly #open = new Set<string>();
  readonly #endings: (() => void)[];
  #bucket: ClientBucket | undefined;
  /** The latest time at which a client joined, as it counts for the rule. */
  #latestMs = 0;

  constructor(parts: ClaimsParts) {
    this.#parts = parts;
    const { hub } = parts;
    this.#endings = [
      hub.events.on('join', (id, protocol, account) => this.#joined(id, protocol, account)),
      hub.events.on('leave', (id) => this.#left(id)),
      parts.clock.every(SWEEP_MS, () => void this.#sweep()),
    ];
    for (const { id, protocol, account, online } of hub.ownClients()) if (online) this.#joined(id, protocol, account);
  }

  /** What the bucket says is known: settles all that was not. */
  begin(bucket: ClientBucket): void {
    const { table, gateway } = this.#parts;
    this.#bucket = bucket;
    for (const id of this.#held.keys()) this.#queue.add(id);
    for (const id of table.ids((entry) => entry.gateway.name === gateway)) this.#queue.add(id);
    this.#advance();
  }

  /** The bucket is out of reach. */
  pause(): void {
    this.#bucket = undefined;
  }

  /** What the bucket says of an id has changed. */
  changed(id: string): void {
    if (this.#held.has(id) || this.#parts.table.get(id)?.gateway.name === this.#parts.gateway) this.#settleSoon(id);
  }

  /** Says that no client is here any more, as far as the servers answer in a moment; the others need not know it once this gateway is gone. */
  async stop(): Promise<void> {
    for (const end of this.#endings) end();
    const ids = [...this.#held.keys()];
    this.#held.clear();
    const gaveUp = new Promise<void>((resolve) => void this.#parts.clock.after(STOP_MS, resolve));
    await Promise.race([Promise.all(ids.map((id) => this.#settle(id))), gaveUp]);
    this.#bucket = undefined;
  }

  /** Takes away what gateways left that do not come back; one that does writes it again. */
  async #sweep(): Promise<void> {
    const { table, log } = this.#parts;
    const bucket = this.#bucket;
    if (bucket === undefined) return;
    const ids = [...table.left(GONE_MS, MAX_SWEPT)];
    try {
      for (const id of ids) await bucket.remove(subjectOf(id) as string, table.get(id)?.revision ?? 0);
    } catch (error) {
      log.debug({ err: error }, 'what gateways left could not be taken away');
    }
  }

  #joined(id: string, protocol: string, account: string | undefined): void {
    const { hub, clock } = this.#parts;
    const client = hub.ownClient(id);
    if (client === undefined || client.isOfGateway || subjectOf(id) === undefined) return;
    if (!hub.isBrief(protocol)) this.#hold(id, protocol, account);
    else {
      const session = hub.session(id);
      clock.after(BRIEF_MS, () => {
        if (session !== undefined && hub.session(id) === session) this.#hold(id, protocol, account);
      });
    }
  }

  #hold(id: string, protocol: string, account: string | undefined): void {
    const { clock, table } = this.#parts;
    // A clock that is set back must not make what comes later the earlier one.
    this.#latestMs = sinceOf(Math.max(clock.now(), this.#latestMs), table.get(id));
    this.#held.set(id, { sinceMs: this.#latestMs, protocol, account });
    this.#settleSoon(id);
  }

  #left(id: string): void {
    if (this.#held.delete(id)) this.#settleSoon(id);
  }

  #settleSoon(id: string): void {
    this.#queue.add(id);
    this.#advance();
  }

  #advance(): void {
    for (const id of this.#queue) {
      if (this.#bucket === undefined || this.#open.size >= MAX_OPEN) return;
      // Looked at again when it is done.
      if (this.#open.has(id)) continue;
      this.#queue.delete(id);
      this.#open.add(id);
      void this.#settle(id).then(() => {
        this.#open.delete(id);
        this.#advance();
      });
    }
  }

  /** Never rejects. */
  async #settle(id: string): Promise<void> {
    const { clock, log } = this.#parts;
    const bucket = this.#bucket;
    if (bucket === undefined) return;
    try {
      for (let tries = 0; tries < MAX_TRIES; tries++) if (await this.#step(id, bucket)) return;
      clock.after(PAUSE_MS, () => this.#settleSoon(id));
    } catch (error) {
      log.debug({ err: error, client: id }, 'the other gateways could not be told of a client yet');
      if (bucket === this.#bucket) clock.after(RETRY_MS, () => this.#settleSoon(id));
    }
  }

  /** Takes one step for an id; true: it is settled, as far as is known. */
  async #step(id: string, bucket: ClientBucket): Promise<boolean> {
    const { table, gateway, epoch, hub } = this.#parts;
    const held = this.#held.get(id);
    const entry = table.get(id);
    const key = subjectOf(id) as string;
    const known = entry && { gateway: entry.gateway.name, epoch: entry.gateway.epoch, sinceMs: entry.sinceMs };
    const isThere = entry !== undefined && table.isThere(entry);
    switch (nextStep({ gateway, epoch, heldSinceMs: held?.sinceMs, entry: known, isThere })) {
      case 'rest':
        return true;
      case 'giveUp':
        this.#held.delete(id);
        hub.giveUp(id);
        return true;
      case 'remove': {
        const { revision } = entry as { revision: number };
        if (!(await bucket.remove(key, revision))) return await this.#readAgain(id, bucket);
        // The marker that takes its place has a later revision, which is not known here; the watch brings it.
        table.delete(id, revision + 1);
        return true;
      }
      case 'write': {
        const record = { gateway, epoch, ...(held as Held) };
        const revision = await bucket.write(key, encodeRecord(record), entry?.revision ?? 0);
        if (revision === undefined) return await this.#readAgain(id, bucket);
        table.put(id, record, revision, true);
        // It may have left, or come again, meanwhile.
        return this.#held.get(id) === held;
      }
    }
  }

  async #readAgain(id: string, bucket: ClientBucket): Promise<false> {
    const { table } = this.#parts;
    const found = await bucket.read(subjectOf(id) as string);
    const record = found?.value && decodeRecord(found.value);
    if (found !== undefined && record !== undefined) table.put(id, record, found.revision, true);
    else if (found?.value === undefined) table.delete(id, found?.revision ?? Number.POSITIVE_INFINITY);
    return false;
  }
}
