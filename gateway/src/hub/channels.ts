import { type Address, parseAddress } from './address.ts';
import { Channel, type Subscription } from './channel.ts';
import { detachText } from './detach.ts';
import { isPattern } from './pattern.ts';
import type { Sequence } from './sequence.ts';
import { TopicTrie } from './topic-trie.ts';

const NONE: readonly Channel[] = [];
/** Of how many channels it is remembered which patterns they match, and how long their names may be. */
const MAX_MATCHED = 4096;
const MAX_MATCHED_LENGTH = 200;

/** Every channel with subscribers, and every pattern (an MQTT topic filter with wildcards) that somebody subscribed to. */
export class ChannelTable {
  readonly #channels = new Map<string, Channel>();
  readonly #patterns = new Map<string, Channel>();
  readonly #byLevels = new TopicTrie<Channel>();
  /** What was found for channels that were asked for lately; good until a pattern comes or goes. */
  readonly #matched = new Map<string, readonly Channel[]>();
  readonly #order: Sequence;
  #version = 0;

  /** `order` counts clients that come online as well. */
  constructor(order: Sequence) {
    this.#order = order;
  }

  /** How many channels have subscribers, patterns not among them. */
  get size(): number {
    return this.#channels.size;
  }

  /** Grows whenever a channel or pattern gets its first subscriber or loses its last. */
  get version(): number {
    return this.#version;
  }

  /** The channel of exactly this name; patterns are not looked at. */
  get(name: string): Channel | undefined {
    return this.#channels.get(name);
  }

  /** The patterns that the channel `name` matches. */
  matching(name: string): readonly Channel[] {
    if (this.#patterns.size === 0) return NONE;
    const known = this.#matched.get(name);
    if (known !== undefined) return known;
    const found = this.#walk(name);
    if (name.length > MAX_MATCHED_LENGTH) return found;
    if (this.#matched.size >= MAX_MATCHED) this.#matched.clear();
    this.#matched.set(detachText(name), found);
    return found;
  }

  #walk(name: string): readonly Channel[] {
    let matches: Channel[] | undefined;
    this.#byLevels.match(name, (channel) => {
      if (matches === undefined) matches = [channel];
      else matches.push(channel);
    });
    return matches ?? NONE;
  }

  /** The names of the channels that have no password, oldest first. */
  publicNames(): string[] {
    return Array.from(this.publicChannels(), ({ name }) => name);
  }

  /**
   * The private channel that `to` means: itself if it was written with its password, `locked` if it was not, undefined
   * where `to` means no private channel.
   */
  privateTarget(to: string): Channel | 'locked' | undefined {
    if (this.#channels.get(to)?.password !== undefined) return 'locked';
    const address = parseAddress(to);
    const channel = address && this.#channels.get(address.name);
    if (channel?.password === undefined) return undefined;
    return channel.password === address?.password ? channel : 'locked';
  }

  /** The channels that have no password, oldest first. */
  *publicChannels(): Generator<Channel> {
    for (const channel of this.#channels.values()) if (channel.password === undefined) yield channel;
  }

  /** The topic filters with wildcards that have subscribers. */
  patterns(): Iterable<string> {
    return this.#patterns.keys();
  }

  /** The channel or pattern of an address, opened if need be; undefined where its password is another. */
  open({ name, password }: Address): Channel | undefined {
    const known = this.#find(name);
    if (known) return known.password === password ? known : undefined;
    const pattern = isPattern(name);
    const channel = new Channel(name, pattern ? undefined : password, this.#order.next());
    this.#version++;
    if (pattern) {
      this.#patterns.set(name, channel);
      this.#matched.clear();
      this.#byLevels.set(name, name, channel);
    } else this.#channels.set(name, channel);
    return channel;
  }

  /** Ends a subscription. The channel stays until `prune` takes it away. */
  remove(name: string, subscription: Subscription): void {
    this.#find(name)?.remove(subscription);
  }

  /** Takes a channel without subscribers away; false where it still has some. */
  prune(name: string): boolean {
    if (this.#find(name)?.subscriptions.length !== 0) return false;
    this.#version++;
    if (!this.#patterns.delete(name)) return this.#channels.delete(name);
    this.#byLevels.delete(name, name);
    this.#matched.clear();
    return true;
  }

  #find(name: string): Channel | undefined {
    return this.#channels.get(name) ?? this.#patterns.get(name);
  }
}
