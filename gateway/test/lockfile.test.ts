import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  version?: string;
  link?: boolean;
  dev?: boolean;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};

describe('package-lock.json', () => {
  // An `npm install` leaves out what the registry at hand does not have; then `npm ci` fails, here and elsewhere.
  it('has every package that another asks for, those for other machines included', () => {
    const names = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const missing = Object.values(packages).flatMap(({ dependencies = {}, optionalDependencies = {} }) =>
      Object.keys({ ...dependencies, ...optionalDependencies }).filter((name) => !names.has(name)),
    );
    expect(missing).toEqual([]);
  });

  it('names no registry', () => {
    const text = JSON.stringify(packages);
    expect(text).not.toMatch(/"resolved":"http/);
  });

  // `npm start` builds without what only the tests need.
  it('installs the types that the build reads also where the tests are not run', () => {
    const types = Object.entries(packages).filter(([path]) => /^node_modules\/@types\//.test(path));
    expect(types.length).toBeGreaterThan(0);
    const used = types.filter(([path]) => isImported(path.replace('node_modules/@types/', '')));
    expect(used.filter(([, { dev }]) => dev).map(([path]) => path)).toEqual([]);
  });
});

/** Whether a package's sources import it. */
function isImported(name: string): boolean {
  return ['gateway/src', 'device-sdk/protocol/src', 'device-sdk/node/src', 'device-sdk/sim/src'].some((folder) => {
    const root = new URL(`../../${folder}/`, import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    return files.some((file) => readFileSync(new URL(file, root), 'utf8').includes(`from '${name}'`));
  });
}
