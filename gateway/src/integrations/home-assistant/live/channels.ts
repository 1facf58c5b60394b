import { parseAddress } from '../../../hub/address.ts';
import type { Hub } from '../../../hub/hub.ts';
import { isPattern } from '../../../hub/pattern.ts';
import type { Entry, Part } from './entry.ts';
import type { OwnClient } from './own-client.ts';

/** Which channels the parts of devices are heard on. */
export class Channels {
  readonly #hub: Hub;
  readonly #client: OwnClient;
  readonly #isOurs: (channel: string) => boolean;
  readonly #refused: (entry: Entry, channel: string) => void;
  readonly #parts = new Map<string, Set<Part>>();

  /** `isOurs`: of topics that no device may have; `refused` is told of a channel that cannot be heard. */
  constructor(
    hub: Hub,
    client: OwnClient,
    { isOurs, refused }: { isOurs: (channel: string) => boolean; refused: (entry: Entry, channel: string) => void },
  ) {
    this.#hub = hub;
    this.#client = client;
    this.#isOurs = isOurs;
    this.#refused = refused;
  }

  /** The parts that say what they are on a channel, or hear what they are to be. */
  partsAt(channel: string): Iterable<Part> {
    return this.#parts.get(channel) ?? [];
  }

  /** Whether several parts share a channel. */
  isShared(channel: string): boolean {
    return (this.#parts.get(channel)?.size ?? 0) > 1;
  }

  /** Begins to hear the parts of a device. */
  add(entry: Entry): void {
    for (const part of entry.parts.values()) {
      const { channel } = part.component;
      const there = this.#parts.get(channel);
      if (there !== undefined) {
        there.add(part);
        continue;
      }
      if (!this.#isName(channel)) {
        this.#refused(entry, channel);
        continue;
      }
      this.#parts.set(channel, new Set([part]));
      const outcome = this.#hub.subscribe(this.#client, channel);
      if (outcome === 'subscribed' || outcome === 'already') continue;
      this.#parts.delete(channel);
      this.#refused(entry, channel);
    }
  }

  /** Ends that. */
  remove(entry: Entry): void {
    for (const [channel, parts] of this.#parts) {
      for (const part of parts) if (part.entry === entry) parts.delete(part);
      if (parts.size > 0) continue;
      this.#parts.delete(channel);
      this.#hub.unsubscribe(this.#client, channel);
    }
  }

  #isName(channel: string): boolean {
    const address = parseAddress(channel);
    const isPlain = address?.name === channel && address.password === undefined && address.functions === undefined;
    return isPlain && !isPattern(channel) && !this.#isOurs(channel) && !this.#hub.isReserved(channel);
  }
}
