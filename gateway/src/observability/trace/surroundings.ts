import { editDistance } from '../../common/suggest.ts';
import type { ClientInfo } from '../../hub/client.ts';
import type { Hub } from '../../hub/hub.ts';
import { isPattern } from '../../hub/pattern.ts';

/** Who is there while a sentence about a message is made, which may be later than the message. */
export interface Surroundings {
  client(id: string): ClientInfo | undefined;
  /** Who subscribes to exactly this channel now. */
  subscribers(channel: string): readonly string[];
  /** Who has subscribed to it, and is away. */
  away(channel: string): readonly string[];
  /** A channel that somebody subscribes to and whose name is nearly this one; undefined: there is none. */
  near(channel: string): { name: string; subscribers: readonly string[] } | undefined;
}

/** How many differences two names may have that are taken for each other. */
const MAX_DIFFERENCES = 2;
/** How long the names may be that are compared, and how many; that takes some milliseconds. */
const MAX_LENGTH = 128;
const MAX_NAMES = 5000;

/** The clients of the hub, as they are now. What was looked up once for one request is not looked up again. */
export class HubSurroundings implements Surroundings {
  readonly #hub: Hub;
  #names: readonly string[] | undefined;
  #away: ReadonlyMap<string, readonly string[]> | undefined;
  readonly #near = new Map<string, { name: string; subscribers: readonly string[] } | undefined>();

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  client(id: string): ClientInfo | undefined {
    return this.#hub.client(id);
  }

  subscribers(channel: string): readonly string[] {
    return this.#hub.isPrivate(channel) ? [] : this.#hub.members(channel);
  }

  away(channel: string): readonly string[] {
    this.#away ??= this.#whoIsAway();
    return this.#away.get(channel) ?? [];
  }

  near(channel: string): { name: string; subscribers: readonly string[] } | undefined {
    if (!this.#near.has(channel)) this.#near.set(channel, this.#findNear(channel));
    return this.#near.get(channel);
  }

  #findNear(channel: string): { name: string; subscribers: readonly string[] } | undefined {
    if (channel.length > MAX_LENGTH) return undefined;
    this.#names ??= this.#allNames();
    const wanted = channel.toLowerCase();
    let best: string | undefined;
    let least = Math.min(MAX_DIFFERENCES, Math.floor(wanted.length / 3)) + 1;
    for (const name of this.#names) {
      if (name === channel || Math.abs(name.length - channel.length) > MAX_DIFFERENCES) continue;
      const distance = editDistance(wanted, name.toLowerCase());
      if (distance >= least || this.#hub.members(name).length === 0) continue;
      least = distance;
      best = name;
    }
    return best === undefined ? undefined : { name: best, subscribers: this.#hub.members(best) };
  }

  /** The channels that may be meant. */
  #allNames(): readonly string[] {
    const names: string[] = [];
    for (const name of this.#hub.everyChannel()) {
      if (names.length === MAX_NAMES) break;
      if (name.length <= MAX_LENGTH && !isPattern(name)) names.push(name);
    }
    return names;
  }

  #whoIsAway(): ReadonlyMap<string, readonly string[]> {
    const away = new Map<string, string[]>();
    for (const { id, online, subscriptions } of this.#hub.clients()) {
      if (online) continue;
      for (const channel of subscriptions) away.set(channel, [...(away.get(channel) ?? []), id]);
    }
    return away;
  }
}
