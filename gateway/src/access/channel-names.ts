import { OwnedIds } from './owned-ids.ts';
import type { RoleBook } from './roles.ts';

/** The channels of a conversation that goes on, as the hub knows them. */
export interface LiveChannels {
  /** The names of channels and of clients that are online. */
  names(): readonly string[];
  /** The ids of a channel's subscribers. */
  members(channel: string): readonly string[];
  retainedChannels(): Iterable<string>;
  retained(channel: string): object | undefined;
}

/** How many channels are told of for one change, and how many subscribers of one channel. */
const MAX_CHANNELS = 3;
const MAX_SUBSCRIBERS = 3;

/**
 * Says which client ids are channels: what is sent to an id that an account owns is for that client alone, so an account that gets the name
 * of a channel takes it away from everybody else.
 */
export class ChannelNames {
  readonly #roles: RoleBook;
  readonly #live: LiveChannels | undefined;

  /** `live`: undefined where no gateway runs, so that only the rules are known. */
  constructor(roles: RoleBook, live?: LiveChannels) {
    this.#roles = roles;
    this.#live = live;
  }

  /** Why nobody gets this id without somebody having named it: rules are about it, as a channel. Part of a sentence. */
  ruleAbout(id: string): string | undefined {
    const about = this.#roles.about(id);
    return about.length === 0 ? undefined : rulesOf(about);
  }

  /**
   * What an account takes from others that gets to own these: ids, or beginnings of ids with `*` at the end. A sentence for each channel,
   * for the first few.
   */
  warnings(owned: readonly string[]): string[] {
    const isOwned = (id: string): boolean => owned.some((pattern) => fits(pattern, id));
    const live = this.#liveNames().filter(isOwned);
    const names = new Set([...owned.filter((pattern) => this.#roles.about(pattern).length > 0), ...live, ...owned]);
    return this.#told(names, () => isOwned);
  }

  /** What many new accounts take from others, each of which owns its name and `name-*`. */
  warningsOfMany(accounts: readonly string[]): string[] {
    const owners = new OwnedIds();
    for (const account of accounts) owners.add(account, []);
    const live = this.#liveNames().filter((name) => owners.ownerOf(name) !== undefined);
    const below = accounts.map((account) => `${account}-*`).filter((pattern) => this.#roles.about(pattern).length > 0);
    return this.#told(new Set([...accounts, ...below, ...live]), (name) => {
      const owner = owners.ownerOf(name);
      return (id) => owners.ownerOf(id) === owner;
    });
  }

  #liveNames(): string[] {
    return this.#live === undefined ? [] : [...this.#live.names(), ...this.#live.retainedChannels()];
  }

  /** `ownedWith`: whether an id is of whoever owns the name. */
  #told(names: Iterable<string>, ownedWith: (name: string) => (id: string) => boolean): string[] {
    const warnings: string[] = [];
    let left = 0;
    for (const name of names) {
      const uses = this.#usesOf(name, ownedWith(name));
      if (uses.length === 0) continue;
      if (warnings.length < MAX_CHANNELS) warnings.push(`${name} is a channel, too: ${uses.join('; ')}. ${TAKEN}`);
      else left++;
    }
    if (left > 0) warnings.push(`So are ${left} more channels.`);
    return warnings;
  }

  #usesOf(name: string, isOwned: (id: string) => boolean): string[] {
    const about = this.#roles.about(name);
    const others = this.#live?.members(name).filter((id) => !isOwned(id)) ?? [];
    return [
      ...(about.length > 0 ? [rulesOf(about)] : []),
      ...(others.length > 0 ? [subscribersOf(others)] : []),
      ...(this.#live?.retained(name) ? ['a message is retained there'] : []),
    ];
  }
}

const TAKEN =
  'What is sent there is for clients of the account alone now, while one of that name is online, and to hear it others need the role admin.';

function fits(pattern: string, id: string): boolean {
  return pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}

function rulesOf([role = '', ...more]: readonly string[]): string {
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  return `the role ${role}${others} has a rule about it`;
}

function subscribersOf(ids: readonly string[]): string {
  const named = ids.slice(0, MAX_SUBSCRIBERS).join(', ');
  const more = ids.length > MAX_SUBSCRIBERS ? ` and ${ids.length - MAX_SUBSCRIBERS} more` : '';
  return `${named}${more} ${ids.length === 1 ? 'subscribes' : 'subscribe'} to it`;
}
