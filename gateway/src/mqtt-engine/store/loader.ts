import type { Log } from '../../common/log.ts';
import { hasUnfitCharacter } from '../../common/names.ts';
import type { Disk } from './disk.ts';
import { readEarlierEntry, readEarlierMessage, readEarlierSession, readEarlierSubscription } from './earlier.ts';
import { type KeptSession, readSession } from './kept-session.ts';
import type { KeptSubscriptions } from './kept-subscriptions.ts';
import { readMessage } from './records.ts';
import type { RetainedMessages } from './retained-messages.ts';
import {
  INCOMING,
  idIn,
  OUTGOING,
  OUTGOING_IDS,
  QUEUES,
  RETAINED,
  rangeOf,
  SESSIONS,
  SUBSCRIPTIONS,
  WILLS,
} from './session-keys.ts';
import type { SessionTable } from './sessions.ts';
import type { KeptWills } from './wills.ts';

export interface LoaderParts {
  disk: Disk;
  log: Log;
  sessions: SessionTable;
  subscriptions: KeptSubscriptions;
  retained: RetainedMessages;
  wills: KeptWills;
}

/** Which run of an earlier version this was. */
const RUN = 'crosscomm:run:';

/**
 * Reads what an earlier run left, and takes over what an earlier version left: some at a time, each in one write with the end of what it
 * was, so that wherever the power fails nothing is lost, and nothing is there twice.
 */
export class Loader {
  readonly #parts: LoaderParts;
  readonly #earlier = { sessions: 0, subscriptions: 0, messages: 0, retained: 0 };

  constructor(parts: LoaderParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    await this.#loadSessions();
    if (this.#parts.sessions.size === 0) await this.#findSessions();
    await this.#loadSubscriptions();
    await this.#loadWills();
    await this.#loadIncoming();
    await this.#loadQueues();
    await this.#takeOverQueues();
    await this.#loadRetained();
    if (Object.values(this.#earlier).every((count) => count === 0)) return;
    this.#parts.disk.del(RUN.slice(0, -1));
    await this.#parts.disk.committed();
    this.#parts.log.info({ ...this.#earlier }, 'The MQTT sessions and messages of an earlier version were taken over.');
  }

  /** Calls `visit` with every entry of a range. What it stages is written before more is read. */
  async #each(prefix: string, visit: (key: string, record: Buffer | undefined) => void): Promise<void> {
    const { disk } = this.#parts;
    for await (const entries of disk.chunks(rangeOf(prefix))) {
      for (const [key, record] of entries) visit(key, record);
      await disk.committed();
    }
  }

  async #loadSessions(): Promise<void> {
    await this.#each(SESSIONS, (key, record) => {
      if (record === undefined) return;
      const id = idIn(key, SESSIONS);
      const known = readSession(record);
      const session = this.#parts.sessions.restore(id, known ?? readEarlierSession(record));
      if (known !== undefined) return;
      session.write();
      this.#earlier.sessions++;
    });
  }

  /** The first versions wrote no sessions down: whoever has anything has one. All of them at once, lest some look like all. */
  async #findSessions(): Promise<void> {
    const ids = new Set<string>();
    for (const prefix of [SUBSCRIPTIONS, OUTGOING, INCOMING]) {
      await this.#each(prefix, (key) => void ids.add(idIn(key, prefix)));
    }
    for (const id of ids) {
      const session = this.#parts.sessions.restore(id, undefined);
      // What of its queue was sent is told there.
      session.sentSeq = 0;
      session.write();
    }
    await this.#parts.disk.committed();
  }

  async #loadSubscriptions(): Promise<void> {
    const { sessions, subscriptions } = this.#parts;
    await this.#each(SUBSCRIPTIONS, (key, record) => {
      if (record === undefined) return;
      if (!subscriptions.restore(key, record)) {
        const earlier = readEarlierSubscription(key, record);
        if (earlier === undefined) return;
        subscriptions.set(earlier);
        this.#earlier.subscriptions++;
      }
      const id = idIn(key, SUBSCRIPTIONS);
      if (sessions.get(id) === undefined) sessions.restore(id, undefined);
    });
  }

  async #loadWills(): Promise<void> {
    const { wills } = this.#parts;
    await this.#each(WILLS, (key, record) => {
      if (record === undefined || wills.restore(key, record)) return;
      const message = readEarlierMessage(record);
      if (message === undefined) return;
      wills.set({ id: idIn(key, WILLS), message, delayMs: 0, expiryS: undefined });
      this.#earlier.messages++;
    });
  }

  async #loadIncoming(): Promise<void> {
    const { disk, sessions } = this.#parts;
    await this.#each(INCOMING, (key) => {
      const received = sessions.get(idIn(key, INCOMING))?.received;
      if (received === undefined) disk.del(key);
      else received.restore(Number(key.slice(key.lastIndexOf(':') + 1)));
    });
  }

  async #loadQueues(): Promise<void> {
    const { disk, sessions } = this.#parts;
    let prefix: string | undefined;
    let session: KeptSession | undefined;
    await this.#each(QUEUES, (key, record) => {
      if (prefix === undefined || !key.startsWith(prefix)) {
        prefix = key.slice(0, key.lastIndexOf(':') + 1);
        session = sessions.get(idIn(key, QUEUES));
      }
      if (session === undefined) disk.del(key);
      else session.queue.restore(key, record);
    });
  }

  async #takeOverQueues(): Promise<void> {
    const { disk, sessions } = this.#parts;
    await this.#each(OUTGOING, (key, record) => {
      const session = sessions.get(idIn(key, OUTGOING));
      const entry = record && readEarlierEntry(record);
      disk.del(key);
      if (entry === undefined || session === undefined) return;
      const seq = session.queue.takeOver(entry.message, entry.packetId);
      this.#earlier.messages++;
      if (entry.packetId === undefined) return;
      session.sentSeq = seq + 1;
      session.write();
    });
    // Each of them only repeats an entry of a queue.
    await this.#each(OUTGOING_IDS, (key) => disk.del(key));
  }

  async #loadRetained(): Promise<void> {
    const { disk, log, retained } = this.#parts;
    await this.#each(RETAINED, (key, record) => {
      if (record === undefined) return;
      const known = readMessage(record, 'copy')?.message;
      if (known !== undefined) {
        retained.restore(known);
        return;
      }
      const message = readEarlierMessage(record);
      if (message === undefined) return;
      this.#earlier.retained++;
      if (hasUnfitCharacter(message.topic)) {
        const { topic } = message;
        log.warn(
          { topic },
          'A retained message of an earlier version was removed: common clients cannot take its topic.',
        );
        disk.del(key);
      } else retained.takeOver(message);
    });
  }
}
