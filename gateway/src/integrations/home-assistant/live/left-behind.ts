import { Topics } from '../topics.ts';
import type { Book, Prefixes } from './book.ts';
import type { OwnClient } from './own-client.ts';
import type { Speaker } from './speaker.ts';

interface LeftBehindParts {
  readonly client: OwnClient;
  readonly speaker: Speaker;
  readonly book: Book;
  readonly topics: Topics;
}

/**
 * What an earlier run, of this version or another, has left retained and nobody will ever change: devices that the book does not know any
 * more, as its database was lost or is an older one; and all of them under other prefixes. Home Assistant would show it for ever, or twice.
 */
export class LeftBehind {
  readonly #parts: LeftBehindParts;
  /** What told of a device that Home Assistant may know still, by its topic. */
  readonly #orphans = new Map<string, string>();

  constructor(parts: LeftBehindParts) {
    this.#parts = parts;
  }

  /** Clears all of it. `before`: the prefixes of the earlier run, where these are known. */
  clear(before: Prefixes | undefined, now: Prefixes): void {
    const { topics, book } = this.#parts;
    const others = before === undefined ? undefined : new Topics(before);
    if (others !== undefined && others.configs !== topics.configs) this.#clear([others.configs], () => false);
    if (before !== undefined && before.prefix !== now.prefix) this.#clear(others?.retained.slice(1) ?? [], () => false);
    this.#clear(topics.retained, (topic) => {
      const device = topics.deviceIn(topic);
      return device === undefined || book.knows(device);
    });
  }

  /** Home Assistant has come: a device that it knows from before is told of once more, which is then removed by `again`. */
  tellOrphans(): void {
    for (const [topic, payload] of this.#orphans) this.#parts.speaker.retain(topic, payload);
  }

  /** Removes them, which it knows now. */
  again(): void {
    for (const topic of this.#orphans.keys()) this.#parts.speaker.clear(topic);
    this.#orphans.clear();
  }

  get hasOrphans(): boolean {
    return this.#orphans.size > 0;
  }

  #clear(filters: readonly string[], isOfUse: (topic: string) => boolean): void {
    const { client, speaker, topics } = this.#parts;
    for (const { to, body } of client.ownRetained(filters)) {
      if (isOfUse(to)) continue;
      if (typeof body === 'string' && topics.deviceOf(to) !== undefined) this.#orphans.set(to, body);
      speaker.clear(to);
    }
  }
}
