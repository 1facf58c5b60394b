import { matchesPattern } from '../hub/pattern.ts';
import { type Action, type CompiledRules, compileRules, type Rule } from './rules.ts';

/** What a role lets its accounts do in a given time, and at once; what is left out is not limited. */
export interface Quota {
  readonly messagesPerSecond?: number | undefined;
  readonly bytesPerDay?: number | undefined;
  readonly connections?: number | undefined;
  readonly subscriptions?: number | undefined;
  readonly uploadBytesPerDay?: number | undefined;
}

/** A role: its rules, and whether its accounts may see what belongs to another account. */
export interface Role {
  readonly name: string;
  readonly rules: readonly Rule[];
  /** May read the inboxes (channels named after a client id) that other accounts own. */
  readonly readsInboxes: boolean;
}

/** What one role gives, or several together. */
export interface Rules {
  readonly rules: CompiledRules;
  readonly readsInboxes: boolean;
}

/** The role of a client that gave no proof, of a board on a cable, and of an account that was given none. */
export const ANONYMOUS_ROLE = 'anonymous';
export const CABLE_ROLE = 'device';
export const DEFAULT_ROLE = 'member';

const TALKS: readonly Action[] = ['send', 'subscribe', 'presence', 'call', 'upload', 'read'];

function builtIn(name: string, actions: readonly Action[], readsInboxes = false): Role {
  return { name, rules: [{ effect: 'allow', actions }], readsInboxes };
}

/** The roles that every gateway has. The configuration may not name one of these again. */
export const BUILT_IN_ROLES: readonly Role[] = [
  builtIn('admin', [...TALKS, 'operate', 'accounts', 'clear', 'controls'], true),
  builtIn('member', [...TALKS, 'accounts', 'clear', 'controls']),
  builtIn('device', TALKS),
  builtIn('viewer', ['subscribe', 'presence', 'read']),
  builtIn(ANONYMOUS_ROLE, [...TALKS, 'accounts', 'clear', 'controls']),
];

/** A topic filter of a rule that has a level of its own. */
interface NamedFilter {
  role: string;
  filter: string;
  levels: readonly string[];
}

/** All roles of a gateway, by name: the built-in ones, and those of its configuration and its commands. */
export class RoleBook {
  readonly #roles = new Map<string, Role>();
  readonly #listeners = new Set<() => void>();
  /** What each role gives, ready before its accounts join: after a power cut they all do at once. */
  readonly #rules = new Map<string, Rules>();
  /** By list of names where there are several. */
  #together = new WeakMap<readonly string[], Rules>();
  /** The filters of all rules that name something, each with its role. */
  #named: NamedFilter[] | undefined;

  constructor(roles: Iterable<Role> = []) {
    this.#fill(roles);
  }

  get(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  /**
   * What the roles of these names give together, compiled once for each list of several, which must not change. A role that was taken out of
   * the configuration gives nothing.
   */
  rulesOf(names: readonly string[]): Rules {
    const name = names[0];
    if (name === undefined) return NO_RULES;
    if (names.length === 1) return this.#rules.get(name) ?? NO_RULES;
    let known = this.#together.get(names);
    if (known === undefined) {
      known = compiled(names.map((each) => this.#roles.get(each)).filter((role) => role !== undefined));
      this.#together.set(names, known);
    }
    return known;
  }

  names(): string[] {
    return [...this.#roles.keys()];
  }

  /** Sets the roles beside the built-in ones, in place of all others. */
  replace(roles: Iterable<Role>): void {
    this.#roles.clear();
    this.#fill(roles);
    for (const listener of this.#listeners) listener();
  }

  /**
   * Whether a rule of any role is about channels of this name in particular: one of its filters matches it, and not by wildcards and
   * variables alone.
   */
  isAbout(channel: string): boolean {
    return this.#filters().some(({ levels }) => matchesPattern(levels, channel));
  }

  /** The roles with such rules; `channel` may be the beginning of names, with `*` at the end. */
  about(channel: string): string[] {
    const beginning = channel.endsWith('*') ? channel.slice(0, -1) : undefined;
    const found = this.#filters().filter(({ filter, levels }) =>
      beginning === undefined ? matchesPattern(levels, channel) : filter.startsWith(beginning),
    );
    return [...new Set(found.map(({ role }) => role))];
  }

  #filters(): NamedFilter[] {
    this.#named ??= Array.from(this.#roles.values(), (role) =>
      [...new Set(namesOf(role))].map((filter) => ({ role: role.name, filter, levels: filter.split('/') })),
    ).flat();
    return this.#named;
  }

  /** Calls `listener` after every change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #fill(roles: Iterable<Role>): void {
    this.#named = undefined;
    this.#together = new WeakMap();
    for (const role of [...roles, ...BUILT_IN_ROLES]) this.#roles.set(role.name, role);
    this.#compile();
  }

  /** Roles with equal rules have them once: hundreds of accounts may each have a role of their own that says the same with `%a`. */
  #compile(): void {
    this.#rules.clear();
    const known = new Map<string, Rules>();
    for (const role of this.#roles.values()) {
      const text = JSON.stringify([role.readsInboxes, role.rules]);
      const rules = known.get(text) ?? compiled([role]);
      known.set(text, rules);
      this.#rules.set(role.name, rules);
    }
  }
}

function compiled(roles: readonly Role[]): Rules {
  const readsInboxes = roles.some((role) => role.readsInboxes);
  return { rules: compileRules(roles.flatMap(({ rules }) => rules)), readsInboxes };
}

const NO_RULES = compiled([]);

/** The topic filters of a role that have a level of their own, whose variables may be anything. */
function namesOf({ rules }: Role): string[] {
  const named = rules.filter(({ actions }) => actions.includes('subscribe') || actions.includes('send'));
  const filters = named.flatMap(({ topics = [] }) => topics.map((topic) => topic.replace(/%[ac](?=\/|$)/g, '+')));
  return filters.filter((filter) => filter.split('/').some((level) => level !== '+' && level !== '#'));
}
