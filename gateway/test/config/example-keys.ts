import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { ConfigForm } from '../../src/config/form.ts';

/** The example configuration, and the folder that it is in. */
export const EXAMPLE = fileURLToPath(new URL('../../crosscomm.example.yaml', import.meta.url));
export const EXAMPLE_FOLDER = fileURLToPath(new URL('../..', import.meta.url));
export const EXAMPLE_TEXT = readFileSync(EXAMPLE, 'utf8');

/** The keys that the example does not name; those that have no default it names in a comment. */
export function missingInExample(form: ConfigForm): string[] {
  const uncommented = EXAMPLE_TEXT.replaceAll(
    /^(\s*)# (resetOnOpen:|port: \d+|folder: \.|host: 127|certificate: \/|key: \/|gateway: kitchen|user: gateways|\w+File: \/)/gm,
    '$1$2',
  );
  const example = parse(uncommented) as Record<string, unknown>;
  const isMissing = (path: readonly string[]): boolean =>
    path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], example) === undefined;
  return form
    .keys()
    .filter(({ path }) => isMissing(path))
    .map(({ path }) => path.join('.'));
}
