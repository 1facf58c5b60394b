import type { z } from 'zod';
import type { ErrorCode } from '../common/errors.ts';
import { nearest } from '../common/suggest.ts';
import { rulePlace } from './auth.ts';
import { nodeBelow, own, type Path, pathText, type SchemaNode } from './keys.ts';

/** Something wrong with a configuration. */
export interface Problem {
  code: ErrorCode;
  /** Where, from the top of the file; empty for the whole of it. */
  path: Path;
  /** What is wrong and what to do: the rest of a sentence that begins with the key's name. */
  what: string;
}

/** What zod found, in plain words. `raw` is the value that was checked against `root`. */
export function problemsOf(issues: readonly z.core.$ZodIssue[], raw: unknown, root: SchemaNode): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'invalid_key') return [invalid(path, `must have another name: ${issue.issues[0]?.message}`)];
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], raw, root));
    const node = nodeBelow(root, path);
    const value = valueAt(raw, path);
    if (value === undefined && path.length > 0) return [invalid(path, 'is missing')];
    const isExplained = issue.code === 'invalid_format' || issue.code === 'custom';
    // What may be one thing or another has a message of its own.
    const isPlain = node?.type !== undefined || node?.enum !== undefined;
    const wanted = !isExplained && node && isPlain ? wants(node) : issue.message;
    // Of a section the sentence itself says what is wrong in it.
    const isWhole = isExplained && typeof value === 'object' && value !== null && !Array.isArray(value);
    return [invalid(path, `must be ${wanted}${isWhole ? '' : `, not ${called(value)}${hint(node, value)}`}`)];
  });
}

export function invalid(path: Path, what: string): Problem {
  return { code: 'CONFIG_INVALID', path, what };
}

/** A problem as a whole sentence; `named` is how the reader calls the key, and `where` the file and line, if any. */
export function sentence(problem: Problem, where: string, named = namedPath(problem.path)): string {
  const place = where === '' ? '' : `${where}: `;
  const end = problem.what.endsWith('?') ? '' : '.';
  return `${place}${named === '' ? 'the configuration' : named} ${problem.what}${end}`;
}

/** As `pathText`, where a rule of a role is called as people count: `role greenhouse, rule 1, allow`. */
function namedPath(path: Path): string {
  const [section, key, role, index, ...rest] = path;
  if (section !== 'auth' || key !== 'roles' || typeof index !== 'number') return pathText(path);
  return `role ${role}, ${rulePlace([index, ...rest])}`;
}

function unknownKey(path: Path, raw: unknown, root: SchemaNode): Problem {
  const key = String(path.at(-1));
  const above = path.slice(0, -1);
  const known = Object.keys(nodeBelow(root, above)?.properties ?? {});
  const apart = withBlank(key, known);
  if (apart !== undefined) return invalid(path, `has no blank behind its colon; write "${apart}"`);
  const misplaced = above.length === 0 ? belongsBelow(key, raw, root) : belongsAtTop(key, root);
  if (misplaced !== undefined) return invalid(path, misplaced);
  const meant = nearest(key, known);
  if (meant !== undefined) return invalid(path, `is not a known key; did you mean ${namedPath([...above, meant])}?`);
  const place = above.length === 0 ? 'at the top' : `in ${namedPath(above)}`;
  return invalid(path, `is not a known key; the keys ${place} are ${known.join(', ')}`);
}

/** Of a key at the top that is one of sections: most often it was not indented. */
function belongsBelow(key: string, raw: unknown, root: SchemaNode): string | undefined {
  const sections = Object.entries(root.properties ?? {}).flatMap(([name, { properties }]) =>
    own(properties, key) ? [name] : [],
  );
  if (sections.length === 0) return undefined;
  const written = Object.keys(raw as object);
  const before = written.slice(0, written.indexOf(key)).findLast((name) => nodeBelow(root, [name])?.properties);
  if (before !== undefined && sections.includes(before)) {
    return `is not a known key at the top; it belongs to ${before}: put two blanks before it`;
  }
  return `is not a known key at the top; it belongs indented below ${sections.join(' or ')}`;
}

/** Of a key in a section that is one of the top: it was indented too far. */
function belongsAtTop(key: string, root: SchemaNode): string | undefined {
  if (!own(root.properties, key)) return undefined;
  return `is not a known key; ${key} stands at the top, without blanks before it`;
}

/** `host:0.0.0.0`, which YAML takes for one text, as it was meant: `host: 0.0.0.0`; undefined where it is nothing like that. */
function withBlank(text: string, known: readonly string[]): string | undefined {
  const [, key = '', value] = /^([A-Za-z]+):(\S+)/.exec(text) ?? [];
  return known.includes(key) ? `${key}: ${value}` : undefined;
}

/** What a value must be, after "must be". */
export function wants(node: SchemaNode): string {
  if (node.enum) return node.enum.length === 1 ? `"${node.enum[0]}"` : `one of ${node.enum.join(', ')}`;
  switch (node.type) {
    case 'integer':
      return `a whole number${bounds(node)}`;
    case 'number':
      return `a number${bounds(node)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a text that is not empty';
    case 'array':
      return 'a list';
    default:
      return 'a section with keys of its own';
  }
}

function bounds({ type, minimum: least, maximum, exclusiveMinimum: below }: SchemaNode): string {
  if (below !== undefined && type === 'number') return ` above ${below}`;
  const minimum = below === undefined ? least : below + 1;
  const upper = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (minimum !== undefined && upper !== undefined) return ` from ${minimum} to ${upper}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return upper === undefined ? '' : ` of at most ${upper}`;
}

/** What a value is, after "not". Long texts are cut: they are shown to be recognised, not to be read. */
function called(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (typeof value === 'string') return value === '' ? 'an empty text' : `the text "${shortened(value)}"`;
  if (Array.isArray(value)) return isShort(value) ? `the list [${value.join(', ')}]` : 'a list';
  return typeof value === 'object' ? 'a section with keys' : String(value);
}

function isShort(list: readonly unknown[]): boolean {
  return list.every((item) => typeof item === 'string' && item !== '') && list.join(', ').length <= 40;
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 39)}…` : line;
}

function hint(node: SchemaNode | undefined, value: unknown): string {
  if (node?.type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return '; put it in quotes';
  const apart = typeof value === 'string' ? withBlank(value, Object.keys(node?.properties ?? {})) : undefined;
  if (apart !== undefined) return `; a blank is missing behind the colon: write "${apart}"`;
  return '';
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    if (value === null || typeof value !== 'object') return undefined;
    return own(value as Record<string, unknown>, String(step));
  }, raw);
}
