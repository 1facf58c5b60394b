import { matchesPattern } from '../hub/pattern.ts';

/**
 * What a rule can be about. `send`, `subscribe`, `presence` and `call` name channels and clients; `upload` and `read` name keys of objects;
 * `operate`, `accounts` (see the list of accounts) and `clear` (remove what others retain) name nothing.
 */
export const ACTIONS = [
  ...(['send', 'subscribe', 'presence', 'call', 'upload', 'read'] as const),
  ...(['operate', 'accounts', 'clear'] as const),
] as const;
export type Action = (typeof ACTIONS)[number];

/** One rule of a role. Without topics it is about all of them. */
export interface Rule {
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly Action[];
  /**
   * Topic filters as in MQTT 3.1.1, section 4.7. `%a` is the account and `%c` the client id; each stands for a whole level. A filter with
   * `%a` matches nothing for a client without an account.
   */
  readonly topics?: readonly string[];
}

/** The rules of one account and client id, ready to be asked; see `compileRules`. */
export interface CompiledRules {
  /** Every topic is allowed, and none is denied. */
  readonly isFree: ReadonlySet<Action>;
  /** Whether a topic is allowed and not denied. */
  decide(action: Action, topic: string): boolean;
  /** Whether any topic of this topic filter may be allowed; false only where all of them are certainly forbidden. */
  overlaps(action: Action, filter: string): boolean;
}

/** Filters of one action; `all`: a rule without topics. */
interface Filters {
  all: boolean;
  exact: Set<string> | undefined;
  patterns: (readonly string[])[];
}

/** Who the variables of a filter stand for. */
export interface Variables {
  account: string | undefined;
  id: string;
}

/** Compiles the rules of all roles together: what one allows is allowed, unless one denies it. */
export function compileRules(rules: Iterable<Rule>, variables: Variables): CompiledRules {
  const allowed = new Map<Action, Filters>();
  const denied = new Map<Action, Filters>();
  for (const { effect, actions, topics } of rules) {
    const table = effect === 'allow' ? allowed : denied;
    for (const action of actions) {
      const filters = filtersOf(table, action);
      if (topics === undefined) filters.all = true;
      else for (const topic of topics) addFilter(filters, topic, variables);
    }
  }
  const isFree = new Set<Action>();
  for (const [action, { all }] of allowed) if (all && !denied.has(action)) isFree.add(action);
  return {
    isFree,
    decide: (action, topic) =>
      isFree.has(action) || (matches(allowed.get(action), topic) && !matches(denied.get(action), topic)),
    overlaps(action, filter) {
      if (isFree.has(action)) return true;
      const levels = filter.split('/');
      return meets(allowed.get(action), levels) && !covers(denied.get(action), levels);
    },
  };
}

function filtersOf(table: Map<Action, Filters>, action: Action): Filters {
  const known = table.get(action);
  if (known) return known;
  const filters: Filters = { all: false, exact: undefined, patterns: [] };
  table.set(action, filters);
  return filters;
}

function addFilter(filters: Filters, topic: string, { account, id }: Variables): void {
  const levels: string[] = [];
  let hasWildcard = false;
  for (const level of topic.split('/')) {
    if (level === '%a' && account === undefined) return;
    const meant = level === '%a' ? (account as string) : level === '%c' ? id : level;
    // A name that looks like a wildcard stands for itself alone, and one with a slash is no level: no filter can say either. Who may choose its
    // id would otherwise choose `door/open` for `devices/%c`.
    if (meant !== level && (meant === '+' || meant === '#' || meant.includes('/'))) return;
    hasWildcard ||= level === '+' || level === '#';
    levels.push(meant);
  }
  if (topic === '#') filters.all = true;
  else if (hasWildcard) filters.patterns.push(levels);
  else {
    filters.exact ??= new Set();
    filters.exact.add(levels.join('/'));
  }
}

function matches(filters: Filters | undefined, topic: string): boolean {
  if (filters === undefined) return false;
  if (filters.all || filters.exact?.has(topic)) return true;
  for (const levels of filters.patterns) if (matchesPattern(levels, topic)) return true;
  return false;
}

/** Whether any topic of a filter is among these. */
function meets(filters: Filters | undefined, asked: readonly string[]): boolean {
  if (filters === undefined) return false;
  if (filters.all) return true;
  for (const topic of filters.exact ?? []) if (canMeet(topic.split('/'), asked)) return true;
  return filters.patterns.some((levels) => canMeet(levels, asked));
}

/** Whether two filters have a topic in common. */
function canMeet(one: readonly string[], other: readonly string[]): boolean {
  for (let index = 0; ; index++) {
    const left = one[index];
    const right = other[index];
    if (left === '#' || right === '#') return true;
    if (left === undefined || right === undefined) return left === right;
    if (left !== right && left !== '+' && right !== '+') return false;
  }
}

/** Whether one of these filters has every topic of the filter that is asked about. */
function covers(filters: Filters | undefined, asked: readonly string[]): boolean {
  if (filters === undefined) return false;
  if (filters.all || filters.exact?.has(asked.join('/'))) return true;
  return filters.patterns.some((levels) => isWithin(levels, asked));
}

function isWithin(outer: readonly string[], inner: readonly string[]): boolean {
  for (let index = 0; ; index++) {
    const level = outer[index];
    const asked = inner[index];
    if (level === '#') return true;
    if (level === undefined || asked === undefined) return level === asked;
    if (asked === '#' || (level !== '+' && level !== asked)) return false;
  }
}
