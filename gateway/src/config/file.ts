import { readFileSync } from 'node:fs';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { GatewayError } from '../common/errors.ts';
import type { Path } from './keys.ts';

/** A configuration is written by hand; what is longer is another file. */
const MAX_FILE_BYTES = 256 * 1024;
const MAX_ALIASES = 20;

/** A YAML file as it was read, before anything in it was checked. */
export interface ConfigFile {
  /** The name for people, as they gave it. */
  name: string;
  /** The file's whole value; an empty file is an empty section. */
  value: unknown;
  /** The line that `path`, or what of it there is, is on; counted from 1, undefined where there is none. */
  lineOf(path: Path): number | undefined;
}

/**
 * Reads a YAML file.
 *
 * @param file its absolute path
 * @param name what messages call it
 * @throws GatewayError CONFIG_UNREADABLE where it cannot be read, CONFIG_INVALID where it is not YAML
 */
export function readConfigFile(file: string, name: string): ConfigFile {
  return parseConfig(readText(file, name), name);
}

/** As `readConfigFile`, of text that is at hand. */
export function parseConfig(text: string, name: string): ConfigFile {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    const error = document.errors[0];
    if (error) {
      const { line } = lines.linePos(error.pos[0]);
      const why = `${oneLine(error.message)}${blankHint(text.split('\n')[line - 1] ?? '')}`;
      throw new GatewayError('CONFIG_INVALID', `${name}:${line}: this is not YAML: ${why}.`);
    }
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { name, value: value ?? {}, lineOf: (path) => lineAt(document.contents, path, lines) };
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    // Too many aliases, or nesting too deep for the parser.
    const why = oneLine(error instanceof Error ? error.message : String(error));
    throw new GatewayError('CONFIG_INVALID', `${name}: this YAML cannot be used: ${why}.`, { cause: error });
  }
}

function readText(file: string, name: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const why = REASONS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
    throw new GatewayError('CONFIG_UNREADABLE', `The configuration ${name} cannot be read: ${why}.`, { cause: error });
  }
  if (bytes.length > MAX_FILE_BYTES) {
    throw new GatewayError(
      'CONFIG_UNREADABLE',
      `The configuration ${name} has ${bytes.length} bytes, and more than ${MAX_FILE_BYTES} are no configuration: check the path.`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new GatewayError('CONFIG_UNREADABLE', `The configuration ${name} is not UTF-8 text: save it as such.`, {
      cause: error,
    });
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file, check the path',
  EACCES: 'this user may not read it, check its permissions',
  EISDIR: 'it is a folder, name the file in it',
  ENOTDIR: 'a part of its path is no folder, check the path',
};

function lineAt(contents: Node | null, path: Path, lines: LineCounter): number | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (!pair) break;
      if (isScalar(pair.key)) offset = pair.key.range?.[0];
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      offset = (node as Node | undefined)?.range?.[0];
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

/** What is most often wrong with a line that has a key and is no YAML. */
function blankHint(line: string): string {
  const [, key] = /^ *([A-Za-z]+):[^\s{["']/.exec(line) ?? [];
  return key === undefined ? '' : `; a blank is missing behind "${key}:"`;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.endsWith('.') ? line.slice(0, -1) : line;
}
