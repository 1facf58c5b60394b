import type { ConfigFile } from './file.ts';
import type { ConfigForm } from './form.ts';
import { pathText } from './keys.ts';

/** Where a value of the configuration comes from. */
export interface Origin {
  source: 'default' | 'file' | 'flag';
  /** The file and its line, `crosscomm.yaml:12`, or the flag, `--http-port`; undefined for a default. */
  where?: string | undefined;
}

/** Says where the value of a key comes from. */
export type Origins = (path: readonly string[]) => Origin;

/** Everything is a default. */
export const ALL_DEFAULT: Origins = () => ({ source: 'default' });

/** Where the values of a configuration come from that was put together of these. */
export function originsOf(
  file: ConfigFile | undefined,
  overrides: readonly { path: readonly string[]; flag: string }[],
): Origins {
  return (path) => {
    const override = overrides.find((each) => pathText(each.path) === pathText(path));
    if (override !== undefined) return { source: 'flag', where: override.flag };
    if (file === undefined || !holds(file.value, path)) return { source: 'default' };
    const line = file.lineOf(path);
    return { source: 'file', where: line === undefined ? file.name : `${file.name}:${line}` };
  };
}

function holds(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
  return holds((value as Record<string, unknown>)[key], rest);
}

/** A value of the configuration, as people are shown it. */
export interface Setting extends Origin {
  /** As it is written in the file: `http.port`. */
  key: string;
  /** undefined: none is set, and there is no default. */
  value: unknown;
  /** What it is for. */
  help?: string | undefined;
}

/** Every key of a configuration with its value, in the order of the schema. There is no secret among them: those come from the environment. */
export function settingsOf(form: ConfigForm, config: object, origins: Origins): Setting[] {
  return form.keys().map(({ path, node }) => ({
    key: pathText(path),
    value: path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], config),
    ...origins(path),
    help: node.description,
  }));
}
