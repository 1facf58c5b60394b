import type { Entry } from './entry.ts';

/**
 * Which connection of its client a device was told of in last. A client that comes back and tells of another device has another name for what
 * it is, or is another device; one that tells of none is what it was.
 */
export class Told {
  readonly #connections = new Map<string, number>();

  /** A client has come that may tell of devices. */
  came(client: string): void {
    this.#connections.set(client, this.#count(client) + 1);
  }

  note(entry: Entry): void {
    const { client } = entry.device;
    if (client !== undefined) entry.toldIn = this.#count(client);
  }

  /** Those of a client that it told of in an earlier connection, and has not told of since. */
  staleOf(client: string, entries: Iterable<Entry>): Entry[] {
    const count = this.#count(client);
    const stale: Entry[] = [];
    for (const entry of entries) {
      const { device, source, toldIn } = entry;
      if (source === 'told' && device.client === client && toldIn < count) stale.push(entry);
    }
    return stale;
  }

  #count(client: string): number {
    return this.#connections.get(client) ?? 0;
  }
}
