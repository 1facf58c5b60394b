import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { GatewayError } from '../common/errors.ts';
import { type ConfigFile, parseConfig, readConfigFile } from './file.ts';
import { folderProblems } from './folders.ts';
import type { ConfigForm } from './form.ts';
import { own, type Path, pathText, type SchemaNode } from './keys.ts';
import { type Origins, originsOf } from './origins.ts';
import { type Problem, problemsOf, sentence } from './problems.ts';
import { ruleProblems } from './rules.ts';
import type { BaseConfig, ConfigWith } from './schema.ts';
import type { ConfigSection } from './section.ts';

/** A value from the command line that goes before the file's. */
export interface Override {
  path: readonly string[];
  /** What the schema is to check; a number that is none is left as the text it was. */
  value: unknown;
  /** The flag as it was typed, for messages: `--http-port`. */
  flag: string;
}

export interface ConfigSources {
  /** The configuration file, if there is one, as the user named it. */
  file?: string | undefined;
  overrides?: readonly Override[];
  /** The call that shows everything that is wrong with the file, for the message about the first of it. */
  check?: string | undefined;
  /** The folder that relative paths of the command line start from. */
  cwd: string;
  /** The values are only looked up, as by a command that adds the account without which the gateway would not start; nothing is opened. */
  isLookUp?: boolean | undefined;
}

/** A problem with the words for it. */
export interface ConfigProblem {
  problem: Problem;
  /** One whole sentence: the file and line or the flag, what is wrong, and what to do. */
  sentence: string;
}

/**
 * Puts the configuration together: the command line before the file, the file before the defaults. The result is frozen,
 * and its folders absolute: a relative one starts from the file's folder if the file names it, else from `cwd`.
 *
 * @throws GatewayError CONFIG_UNREADABLE, CONFIG_INVALID or CONFIG_NOT_LOOPBACK, in one sentence
 */
export function loadConfig<Sections extends ConfigSection>(
  form: ConfigForm<Sections>,
  sources: ConfigSources,
): ConfigWith<Sections> {
  return loadWithOrigins(form, sources).config;
}

/** As `loadConfig`, with where each value comes from. */
export function loadWithOrigins<Sections extends ConfigSection>(
  form: ConfigForm<Sections>,
  sources: ConfigSources,
): { config: ConfigWith<Sections>; origins: Origins } {
  const { config, problems, file } = examine(form, sources);
  const first = problems[0];
  if (!first && config) return { config, origins: originsOf(file, sources.overrides ?? []) };
  const more = problems.length - 1;
  const shownBy = sources.check === undefined ? '' : `, which "${sources.check}" shows`;
  const sentenceOf = (text: string) => (more > 0 ? text.replace(/\.?$/, `; and ${more} more${shownBy}.`) : text);
  throw new GatewayError(
    first?.problem.code ?? 'CONFIG_INVALID',
    sentenceOf(first?.sentence ?? 'The configuration is not valid.'),
  );
}

/**
 * Everything that is wrong with a configuration file, in the order of its lines; where nothing is, folders that it names and that
 * are not there.
 *
 * @throws GatewayError CONFIG_UNREADABLE where it cannot be read, CONFIG_INVALID where it is not YAML
 */
export function checkConfig(form: ConfigForm, file: string, cwd: string): ConfigProblem[] {
  const path = resolve(cwd, file);
  const read = readConfigFile(path, file);
  const { config, problems } = judge(form, { file: read, fileDir: dirname(path), overrides: [], cwd });
  if (!config) return problems;
  return folderProblems(config).map((problem) => ({ problem, sentence: worded(problem, read, []) }));
}

/** As `loadConfig`, of text that is at hand instead of a file. */
export function parseConfigText<Sections extends ConfigSection>(
  form: ConfigForm<Sections>,
  text: string,
  name: string,
  cwd: string,
): ConfigWith<Sections> {
  const { config, problems } = judge(form, { file: parseConfig(text, name), fileDir: cwd, overrides: [], cwd });
  if (config) return config;
  throw new GatewayError(problems[0]?.problem.code ?? 'CONFIG_INVALID', problems[0]?.sentence ?? '');
}

interface Examined<Sections extends ConfigSection> {
  file?: ConfigFile | undefined;
  config?: ConfigWith<Sections>;
  problems: ConfigProblem[];
}

/** What a configuration is made of, and the folders that relative paths start from: the file's, and the command line's. */
interface Given {
  isLookUp?: boolean | undefined;
  file: ConfigFile | undefined;
  fileDir: string;
  overrides: readonly Override[];
  cwd: string;
}

function examine<Sections extends ConfigSection>(
  form: ConfigForm<Sections>,
  { file, overrides = [], cwd, isLookUp }: ConfigSources,
): Examined<Sections> {
  if (file === undefined) return judge(form, { file: undefined, fileDir: cwd, overrides, cwd, isLookUp });
  const path = resolve(cwd, file);
  const read = readConfigFile(path, file);
  return { ...judge(form, { file: read, fileDir: dirname(path), overrides, cwd, isLookUp }), file: read };
}

function judge<Sections extends ConfigSection>(form: ConfigForm<Sections>, given: Given): Examined<Sections> {
  const { file, overrides, isLookUp = false } = given;
  const raw = withOverrides(withoutEmptySections(form.root, file?.value ?? {}), overrides);
  const parsed = form.schema.safeParse(raw);
  const config = parsed.success ? withPaths(parsed.data, given) : undefined;
  const problems = config
    ? ruleProblems(config, form, isLookUp)
    : problemsOf(parsed.error?.issues ?? [], raw, form.root);
  if (config && problems.length === 0) return { config: freeze(config), problems: [] };
  const lineOf = (path: Path) => file?.lineOf(path) ?? Number.MAX_SAFE_INTEGER;
  return {
    problems: problems
      .map((problem) => ({ problem, sentence: worded(problem, file, overrides) }))
      .sort((one, other) => lineOf(one.problem.path) - lineOf(other.problem.path)),
  };
}

/** With absolute folders and files. */
function withPaths<Values extends BaseConfig>(config: Values, given: Given): Values {
  const { dataDir, pages, tls } = config;
  const pathAt = <Key extends string>(
    section: string,
    key: Key,
    path: string | undefined,
  ): Partial<Record<Key, string>> =>
    path === undefined ? {} : ({ [key]: absolutePath(given, [section, key], path) } as Record<Key, string>);
  return {
    ...config,
    dataDir: absolutePath(given, ['dataDir'], dataDir),
    pages: { ...pages, ...pathAt('pages', 'folder', pages.folder) },
    tls: { ...tls, ...pathAt('tls', 'certificate', tls.certificate), ...pathAt('tls', 'key', tls.key) },
  };
}

function absolutePath({ file, fileDir, overrides, cwd }: Given, key: Path, path: string): string {
  if (overrides.some((override) => pathText(override.path) === pathText(key))) return absolute(cwd, path);
  const inFile = key.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null ? own(value as Record<string, unknown>, String(name)) : undefined,
    file?.value,
  );
  return absolute(inFile === undefined ? cwd : fileDir, path);
}

/** Names the key as its writer did: by the flag, or by file, line and path. */
function worded(problem: Problem, file: ConfigFile | undefined, overrides: readonly Override[]): string {
  const path = pathText(problem.path);
  const override = overrides.find((candidate) => pathText(candidate.path) === path.replace(/\[\d+\].*/s, ''));
  if (override) return sentence(problem, '', override.flag);
  if (!file) return sentence(problem, '');
  const line = file.lineOf(problem.path);
  return sentence(problem, line === undefined ? file.name : `${file.name}:${line}`);
}

/** `http:` with nothing below it (as when all its keys are comments) is an empty section, not a value that is null. */
function withoutEmptySections(node: SchemaNode | undefined, value: unknown): unknown {
  if (node?.properties === undefined) return value;
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, withoutEmptySections(own(node.properties, key), child)]),
  );
}

function withOverrides(raw: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((value, override) => withValue(value, override.path, override.value), raw);
}

function withValue(target: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (target !== undefined && (target === null || typeof target !== 'object' || Array.isArray(target))) return target;
  const section = (target ?? {}) as Record<string, unknown>;
  return { ...section, [key]: withValue(own(section, key), rest, value) };
}

function absolute(from: string, path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : resolve(from, path);
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const child of Object.values(value)) freeze(child);
    Object.freeze(value);
  }
  return value;
}
