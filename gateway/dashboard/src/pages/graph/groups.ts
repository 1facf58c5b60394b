/** Which names belong to a group: those with this beginning, within a range of the alphabet where there is one, and of this kind. */
export interface GroupSpec {
  prefix: string;
  /** The first and the last of them. */
  range?: readonly [first: string, last: string];
  /** What `kindOf` says of them, such as their protocol. */
  kind?: string;
}

/** Some names that are drawn as one, or one alone. */
export interface NameGroup {
  /** The same for the same group at another time. */
  key: string;
  label: string;
  /** Sorted. */
  names: readonly string[];
  spec: GroupSpec;
}

/** A group of more than these stays one, even where there is room: its parts tell no more than their number. */
const MAX_PARTS = 12;

/** `pi-2` comes before `pi-10`. */
const collator = new Intl.Collator('en', { numeric: true });

/** The order of names in a picture: that of the alphabet, numbers by their value. */
export function compareNames(one: string, other: string): number {
  return collator.compare(one, other) || (one < other ? -1 : Number(one > other));
}

/** Whether a name belongs to a group. */
export function isIn({ prefix, range, kind }: GroupSpec, name: string, kindOf: (name: string) => string): boolean {
  if (!name.startsWith(prefix) || (kind !== undefined && kindOf(name) !== kind)) return false;
  return range === undefined || (compareNames(range[0], name) <= 0 && compareNames(name, range[1]) <= 0);
}

/** Names that begin alike. */
interface Branch {
  prefix: string;
  names: string[];
  /** By how each goes on; undefined until somebody asks. */
  parts?: Branch[];
}

/**
 * Groups names until there are no more than `most`: by how they begin (`esp-…`, `kitchen/…`), and where they all begin otherwise, by the
 * alphabet. Few names are each by themselves. The same names are always grouped alike.
 *
 * @param kindOf names of different kinds are never in one group by their beginning
 */
export function groupNames(
  names: Iterable<string>,
  most: number,
  kindOf: (name: string) => string = () => '',
): NameGroup[] {
  const sorted = [...names].sort(compareNames);
  const kinds = kindsOf(sorted, kindOf);
  const hasKinds = kinds.size > 1 && kinds.size <= most;
  const open = new Map<Branch, string>();
  if (hasKinds) for (const [kind, same] of kinds) open.set({ prefix: '', names: same }, kind);
  else open.set({ prefix: '', names: sorted }, '');
  const mayOpen = (branch: Branch): boolean => {
    const { length } = partsOf(branch);
    const isWorth = sorted.length <= most || branch.prefix === '' || length <= MAX_PARTS;
    return branch.names.length > 1 && isWorth && open.size - 1 + length <= most;
  };
  for (;;) {
    // The largest first, as it tells the least.
    const next = [...open.keys()]
      .filter(mayOpen)
      .sort((one, other) => other.names.length - one.names.length || compareNames(one.prefix, other.prefix))[0];
    if (next === undefined) break;
    const kind = open.get(next) ?? '';
    open.delete(next);
    for (const part of partsOf(next)) open.set(part, kind);
  }
  const groups = [...open].flatMap(([branch, kind]) => {
    if (branch.names.length === 0) return [];
    const isWhole = branch.prefix === '';
    if (isWhole && branch.names.length > 1 && !hasKinds) return rangesOf(branch.names, most, '');
    return [groupOf(branch, hasKinds ? kind : undefined)];
  });
  return groups.sort((one, other) => compareNames(one.label, other.label));
}

function kindsOf(names: readonly string[], kindOf: (name: string) => string): Map<string, string[]> {
  const kinds = new Map<string, string[]>();
  for (const name of names) {
    const kind = kindOf(name);
    const same = kinds.get(kind);
    if (same) same.push(name);
    else kinds.set(kind, [name]);
  }
  return kinds;
}

/** The parts of a range or of a group whose names do not begin alike any further. */
function rangesOf(names: readonly string[], most: number, prefix: string): NameGroup[] {
  const length = Math.ceil(names.length / most);
  const groups: NameGroup[] = [];
  for (let at = 0; at < names.length; at += length) {
    const part = names.slice(at, at + length);
    const [first = '', last = ''] = [part[0], part.at(-1)];
    if (part.length === 1) groups.push(groupOf({ prefix: first, names: part }, undefined));
    else {
      groups.push({
        key: `${first}\n${last}`,
        label: `${first} – ${last}`,
        names: part,
        spec: { prefix, range: [first, last] },
      });
    }
  }
  return groups;
}

function groupOf({ prefix, names }: Branch, kind: string | undefined): NameGroup {
  const [name = ''] = names;
  const spec = { prefix, ...(kind === undefined ? {} : { kind }) };
  if (names.length === 1) return { key: `=${name}`, label: name, names, spec: { prefix: name, range: [name, name] } };
  const label = prefix === '' ? (kind ?? '') : `${prefix}…`;
  return { key: `${prefix}*${kind ?? ''}`, label, names, spec };
}

function partsOf(branch: Branch): Branch[] {
  if (branch.parts) return branch.parts;
  let { prefix } = branch;
  for (;;) {
    const parts = new Map<string, Branch>();
    for (const name of branch.names) {
      const beginning = name.slice(0, endOfPart(name, prefix.length));
      const part = parts.get(beginning);
      if (part) part.names.push(name);
      else parts.set(beginning, { prefix: beginning, names: [name] });
    }
    const [only] = parts.values();
    // A part that all of them have says nothing.
    if (only === undefined || parts.size > 1 || only.prefix === prefix) {
      branch.parts = [...parts.values()];
      return branch.parts;
    }
    prefix = only.prefix;
  }
}

/** Where the next part of a name ends: behind a separator, or where letters become digits. */
function endOfPart(name: string, start: number): number {
  const isDigit = (at: number): boolean => name.charCodeAt(at) >= 48 && name.charCodeAt(at) <= 57;
  for (let at = start; at < name.length; at++) {
    if (at > start && isDigit(at) !== isDigit(at - 1)) return isSeparator(name, at) ? at + 1 : at;
    if (isSeparator(name, at)) return at + 1;
  }
  return name.length;
}

function isSeparator(name: string, at: number): boolean {
  return '/-_.: '.includes(name.charAt(at));
}
