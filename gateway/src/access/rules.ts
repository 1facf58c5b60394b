import { matchesPattern } from '../hub/pattern.ts';

/**
 * What a rule can be about. `send`, `subscribe`, `presence` and `call` name channels and clients; `upload` and `read` name keys of objects;
 * `operate`, `accounts` (see whose account a client is), `clear` (remove what others retain) and `controls` (change boards of controls) name nothing.
 */
export const ACTIONS = [
  ...(['send', 'subscribe', 'presence', 'call', 'upload', 'read'] as const),
  ...(['operate', 'accounts', 'clear', 'controls'] as const),
] as const;
export type Action = (typeof ACTIONS)[number];

/** One rule of a role. Without topics it is about all of them. */
export interface Rule {
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly Action[];
  /**
   * Topic filters as in MQTT 3.1.1, section 4.7. `%a` is the account and `%c` the client id; each stands for a whole level. A filter with
   * `%a` matches nothing for a client without an account. A name that is no level of a topic (`a/b`, `+`, `#`) is allowed nothing by its
   * filter, and is denied all that its filter is with the name in it.
   */
  readonly topics?: readonly string[];
}

/** Rules that are ready to be asked for anybody; see `compileRules`. */
export interface CompiledRules {
  /** Whether every topic is allowed, and none is denied. */
  readonly isFree: Readonly<Record<Action, boolean>>;
  /** Whether a topic is allowed and not denied. */
  decide(action: Action, topic: string, who: Variables): boolean;
  /** Whether any topic of this topic filter may be allowed; false only where all of them are certainly forbidden. */
  overlaps(action: Action, filter: string, who: Variables): boolean;
}

/** Filters of one action and effect. */
interface Filters {
  readonly effect: Rule['effect'];
  /** A rule without topics. */
  all: boolean;
  readonly exact: Set<string>;
  readonly patterns: Levels[];
  /** Those with variables. */
  readonly named: Levels[];
}

type Levels = readonly string[];

const ACCOUNT = '%a';
const CLIENT_ID = '%c';

/** Who the variables of a filter stand for. */
export interface Variables {
  readonly account: string | undefined;
  readonly id: string;
}

/** Compiles the rules of all roles together: what one allows is allowed, unless one denies it. */
export function compileRules(rules: Iterable<Rule>): CompiledRules {
  const allowed = new Map<Action, Filters>();
  const denied = new Map<Action, Filters>();
  for (const { effect, actions, topics } of rules) {
    const table = effect === 'allow' ? allowed : denied;
    for (const action of actions) {
      const filters = table.get(action) ?? { effect, all: false, exact: new Set(), patterns: [], named: [] };
      table.set(action, filters);
      if (topics === undefined) filters.all = true;
      else for (const topic of topics) addFilter(filters, topic);
    }
  }
  const free = ACTIONS.map((action) => [action, allowed.get(action)?.all === true && !denied.has(action)] as const);
  const isFree = Object.fromEntries(free) as Record<Action, boolean>;
  return {
    isFree,
    decide: (action, topic, who) =>
      isFree[action] || (matches(allowed.get(action), topic, who) && !matches(denied.get(action), topic, who)),
    overlaps(action, filter, who) {
      if (isFree[action]) return true;
      const levels = filter.split('/');
      return meets(allowed.get(action), levels, who) && !covers(denied.get(action), levels, who);
    },
  };
}

function addFilter(filters: Filters, topic: string): void {
  const levels = topic.split('/');
  if (topic === '#') filters.all = true;
  else if (levels.includes(ACCOUNT) || levels.includes(CLIENT_ID)) filters.named.push(levels);
  else if (levels.includes('+') || levels.includes('#')) filters.patterns.push(levels);
  else filters.exact.add(topic);
}

/** The filters with variables, as they are for one client. */
function meant({ effect, named }: Filters, { account, id }: Variables): Levels[] {
  const found: Levels[] = [];
  for (const levels of named) {
    if (account === undefined && levels.includes(ACCOUNT)) continue;
    const names = levels.map((level) => (level === ACCOUNT ? (account as string) : level === CLIENT_ID ? id : level));
    // A name that looks like a wildcard stands for itself alone, and one with a slash is no level: no filter can say either. Who may choose
    // its id would otherwise choose `door/open` for `devices/%c`; and would get round a denial if that were no filter for it.
    if (effect === 'deny') found.push(names.join('/').split('/'));
    else if (names.every((name, index) => name === levels[index] || isOneLevel(name))) found.push(names);
  }
  return found;
}

function isOneLevel(name: string): boolean {
  return name !== '+' && name !== '#' && !name.includes('/');
}

function matches(filters: Filters | undefined, topic: string, who: Variables): boolean {
  if (filters === undefined) return false;
  if (filters.all || filters.exact.has(topic)) return true;
  const isIt = (levels: Levels): boolean => matchesPattern(levels, topic);
  return filters.patterns.some(isIt) || (filters.named.length > 0 && meant(filters, who).some(isIt));
}

/** Whether any topic of a filter is among these. */
function meets(filters: Filters | undefined, asked: Levels, who: Variables): boolean {
  if (filters === undefined) return false;
  if (filters.all) return true;
  for (const topic of filters.exact) if (canMeet(topic.split('/'), asked)) return true;
  return [...filters.patterns, ...meant(filters, who)].some((levels) => canMeet(levels, asked));
}

/** Whether two filters have a topic in common. */
function canMeet(one: Levels, other: Levels): boolean {
  for (let index = 0; ; index++) {
    const left = one[index];
    const right = other[index];
    if (left === '#' || right === '#') return true;
    if (left === undefined || right === undefined) return left === right;
    if (left !== right && left !== '+' && right !== '+') return false;
  }
}

/** Whether one of these filters has every topic of the filter that is asked about. */
function covers(filters: Filters | undefined, asked: Levels, who: Variables): boolean {
  if (filters === undefined) return false;
  if (filters.all || filters.exact.has(asked.join('/'))) return true;
  return [...filters.patterns, ...meant(filters, who)].some((levels) => isWithin(levels, asked));
}

function isWithin(outer: Levels, inner: Levels): boolean {
  for (let index = 0; ; index++) {
    const level = outer[index];
    const asked = inner[index];
    if (level === '#') return true;
    if (level === undefined || asked === undefined) return level === asked;
    if (asked === '#' || (level !== '+' && level !== asked)) return false;
  }
}
