import { Backoff } from '../../common/backoff.ts';
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { Hub } from '../../hub/hub.ts';
import { Message } from '../../hub/message.ts';
import { reachedBy } from '../../hub/receipt.ts';
import type { ObjectLinks } from '../links.ts';
import type { UploadRecord } from './record.ts';
import type { Uploads } from './uploads.ts';

export interface AnnouncerOptions {
  hub: Hub;
  uploads: Uploads;
  links: ObjectLinks;
  clock: Clock;
  log: Log;
  /** Resolves when everything that the hub was given before is on disk, as far as it is kept there. */
  written(): Promise<unknown>;
  /** How long the message waits for an offline recipient. */
  patienceMs: number;
}

interface Waiting {
  record: UploadRecord;
  /** Nobody is told any more; only the record is left to be removed. */
  isOver: boolean;
  sinceMs: number;
  backoff: Backoff;
  cancel: () => void;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;
/** How long a client that has joined has to subscribe. */
const SETTLE_MS = 500;

/**
 * Tells recipients about objects that are in the store. If a recipient is offline, the message waits, as right after a restart nobody is
 * online. The upload is over when the message has been sent; a gateway that is killed in between sends it again with the same message id.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #stopListening: () => void;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#stopListening = options.hub.events.on('join', (id) => this.#joined(id));
  }

  /** Takes on an object that is in the store. */
  async announce(record: UploadRecord): Promise<void> {
    const waiting = this.#enter(record);
    if (record.to === undefined || this.#send(record)) await this.#end(waiting);
    else {
      if (record.state !== 'stored') waiting.record = await this.#options.uploads.noteStored(record);
      this.#schedule(waiting, waiting.backoff.next());
    }
  }

  /** Waits for the recipient of an object that is in the store. */
  wait(record: UploadRecord): void {
    const waiting = this.#enter(record);
    this.#schedule(waiting, waiting.backoff.next());
  }

  /** Stops waiting. */
  forget(id: string): void {
    this.#waiting.get(id)?.cancel();
    this.#waiting.delete(id);
  }

  close(): void {
    this.#stopListening();
    for (const { cancel } of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #enter(record: UploadRecord): Waiting {
    const backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, () => 1);
    const nowMs = this.#options.clock.monotonicMs();
    // After a restart, the time that was waited before counts.
    const sinceMs = record.state === 'stored' ? (record.sinceMs ?? nowMs) : nowMs;
    const waiting = { record, isOver: false, sinceMs, backoff, cancel: () => {} };
    this.#waiting.set(record.id, waiting);
    return waiting;
  }

  #joined(id: string): void {
    for (const waiting of this.#waiting.values()) {
      const { to } = waiting.record;
      if (waiting.isOver) continue;
      if (to === id || to === 'all') this.#schedule(waiting, SETTLE_MS);
    }
  }

  #schedule(waiting: Waiting, delayMs: number): void {
    waiting.cancel();
    if (this.#waiting.get(waiting.record.id) !== waiting) return;
    waiting.cancel = this.#options.clock.after(delayMs, () => this.#try(waiting));
  }

  #try(waiting: Waiting): void {
    const { clock, log, patienceMs } = this.#options;
    const { record, isOver, sinceMs, backoff } = waiting;
    const isLast = clock.monotonicMs() - sinceMs >= patienceMs;
    const isHeard = isOver || this.#send(record, isLast);
    if (!isHeard && !isLast) {
      this.#schedule(waiting, backoff.next());
      return;
    }
    const { id, key, to } = record;
    if (!isHeard) log.warn({ id, key, to }, 'nobody was there to be told of an object; it is in the store');
    void this.#end(waiting);
  }

  /**
   * Forgets an upload, and tries again until the disk allows it. The message may have to wait on disk for an offline recipient, so it must
   * be on disk first.
   */
  async #end(waiting: Waiting): Promise<void> {
    const { uploads, log, written } = this.#options;
    const { id, key } = waiting.record;
    const isFirst = !waiting.isOver;
    waiting.isOver = true;
    try {
      await written();
      await uploads.finish(waiting.record);
      this.forget(id);
    } catch (error) {
      if (isFirst) {
        const what =
          'the record of an upload cannot be removed now; should the gateway be killed, its message is sent again';
        log.error({ code: 'OBJECTS_UNAVAILABLE', error, id, key }, what);
        waiting.record = await uploads.noteStored(waiting.record);
      }
      this.#schedule(waiting, waiting.backoff.next());
    }
  }

  /** True if anyone got the message; before the last try, a mere watcher does not count. */
  #send(record: UploadRecord, isLast = false): boolean {
    const { hub, clock, links, log } = this.#options;
    const { id, key, from, account, to = '', kind, name, beganMs, digests } = record;
    // Its rules may have changed since the upload began; whoever has no account was asked then.
    if (account !== undefined && !hub.maySendNow({ id: from, account }, to)) {
      log.warn({ id, key, from, to }, 'nobody was told of an object, as its sender may not send there any more');
      return true;
    }
    const message = new Message({
      from,
      to,
      kind,
      body: name,
      timestampMs: clock.now(),
      id: `${from}_${Math.trunc(beganMs)}_${id.slice(-8)}`,
      objectKey: key,
      objectUrl: links.urlOf(key),
      objectSize: kind === 'folder' ? undefined : digests?.size,
    });
    if (!isLast && hub.misses(message)) return false;
    const receipt = hub.send(message);
    return receipt.misfit !== undefined || reachedBy(receipt) > 0;
  }
}
