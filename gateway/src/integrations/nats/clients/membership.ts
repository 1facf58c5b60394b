import type { KV, KvWatchEntry } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../../common/clock.ts';
import type { Log } from '../../../common/log.ts';
import { nameOf } from '../subjects.ts';
import { clientBucket, openBucket } from './bucket.ts';
import type { Claims } from './claims.ts';
import { decodeRecord } from './record.ts';
import type { ClientTable } from './table.ts';

export interface MembershipParts {
  clock: Clock;
  log: Log;
  /** The name of the bucket. */
  name: string;
  table: ClientTable;
  claims: Claims;
  /** Told of something that is no record, as another version or another program may write it. */
  misread(who: string): void;
}

/** A new cluster answers after 2.5 to 7 s. */
const RETRY_MS = 500;
/** An empty bucket says nothing. */
const QUIET_MS = 1000;
/** How often it is looked whether a watch has missed something; after two such looks it is made anew. */
const CHECK_MS = 5000;

/** What the bucket says, read whole each time that the link comes up, and watched from then on. */
export class Membership {
  readonly #parts: MembershipParts;
  #run = 0;
  #endWatch: () => void = () => {};

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  async linkUp(connection: NatsConnection): Promise<void> {
    const { clock, log, name } = this.#parts;
    this.linkDown();
    const run = ++this.#run;
    while (run === this.#run && !connection.isClosed()) {
      try {
        await this.#watch(await openBucket(connection, name), run);
      } catch (error) {
        log.debug({ err: error }, 'the records of clients cannot be reached yet');
      }
      if (run === this.#run) this.#parts.claims.pause();
      await new Promise<void>((resolve) => void clock.after(RETRY_MS, resolve));
    }
  }

  linkDown(): void {
    this.#run++;
    this.#endWatch();
    this.#parts.claims.pause();
  }

  async #watch(bucket: KV, run: number): Promise<void> {
    const { clock, table, claims } = this.#parts;
    const before = await bucket.status();
    const seen = new Set<string>();
    let isWhole = false;
    let lastRevision = before.streamInfo.state.last_seq;
    const begin = (): void => {
      if (isWhole || run !== this.#run) return;
      isWhole = true;
      table.keepOnly(seen);
      seen.clear();
      claims.begin(clientBucket(bucket));
    };
    const watch = await bucket.watch();
    this.#endWatch = () => watch.stop();
    if (run !== this.#run) watch.stop();
    const endQuiet = clock.after(QUIET_MS, () => {
      if (lastRevision === before.streamInfo.state.last_seq && seen.size === 0) begin();
    });
    if (before.values === 0) begin();
    const endChecks = this.#check(bucket, () => lastRevision);
    try {
      for await (const entry of watch) {
        if (run !== this.#run) return;
        lastRevision = Math.max(lastRevision, entry.revision);
        const id = this.#take(entry, isWhole);
        if (id !== undefined && !isWhole) seen.add(id);
        if (entry.isUpdate) begin();
      }
    } finally {
      endQuiet();
      endChecks();
      watch.stop();
    }
  }

  /** Ends a watch that does not bring what is in the bucket: its consumer may be gone with a server. */
  #check(bucket: KV, lastRevision: () => number): () => void {
    const { clock, log } = this.#parts;
    let missedFrom = 0;
    return clock.every(CHECK_MS, () => {
      void bucket.status().then(
        ({ streamInfo }) => {
          const last = lastRevision();
          const misses = streamInfo.state.last_seq > last;
          if (misses && missedFrom === last) {
            log.debug({ last, there: streamInfo.state.last_seq }, 'the watch of clients is made anew');
            this.#endWatch();
          }
          missedFrom = misses ? last : 0;
        },
        // The link says so itself.
        () => {},
      );
    });
  }

  /** The id that an entry is of; undefined where none is online under it. */
  #take({ key, operation, value, revision }: KvWatchEntry, isNews: boolean): string | undefined {
    const { table, misread } = this.#parts;
    const id = nameOf(key);
    if (id === undefined) return undefined;
    if (operation !== 'PUT') {
      table.delete(id, revision);
      return undefined;
    }
    const record = decodeRecord(value);
    if (record === undefined) {
      misread('clients');
      return undefined;
    }
    table.put(id, record, revision, isNews);
    return id;
  }
}
