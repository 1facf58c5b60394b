import { readFileSync } from 'node:fs';
import { VERSION } from '@crosscomm/protocol';
import { describe, expect, it } from 'vitest';

/** What a package.json and a part of package-lock.json have in common. */
interface Manifest {
  name?: string;
  version?: string;
  workspaces?: string[];
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const manifest = (path: string): Manifest => JSON.parse(text(path)) as Manifest;

const root = manifest('package.json');
const folders = root.workspaces ?? [];
const { version } = root;

/** What stands for packages of this project among what one asks for. */
const ownOf = ({ dependencies, devDependencies, peerDependencies }: Manifest): string[] =>
  Object.entries({ ...dependencies, ...devDependencies, ...peerDependencies }).flatMap(([name, asked]) =>
    name.startsWith('@crosscomm/') ? [asked] : [],
  );

describe('everything that has the version of the project has the same one', () => {
  it.each(folders)('the package in %s, and what it asks for of the others', (folder) => {
    const here = manifest(`${folder}/package.json`);
    expect([here.version, ...ownOf(here)]).toEqual([version, ...ownOf(here).map(() => version)]);
  });

  it('the lock file', () => {
    const { packages } = JSON.parse(text('package-lock.json')) as { packages: Record<string, Manifest> };
    const entries = ['', ...folders].map((folder) => packages[folder] ?? {});
    const found = entries.flatMap((entry) => [entry.version, ...ownOf(entry)]);
    expect(new Set(found)).toEqual(new Set([version]));
  });

  it('the Arduino library, for its two package managers', () => {
    const properties = /^version=(.*)$/m.exec(text('device-sdk/arduino/library.properties'))?.[1];
    expect(properties).toBe(version);
    expect(manifest('device-sdk/arduino/library.json').version).toBe(version);
  });

  it('the Python package, for its two package managers', () => {
    expect(/^version = "(.*)"$/m.exec(text('device-sdk/python/pyproject.toml'))?.[1]).toBe(version);
    expect(/^__version__ = "(.*)"$/m.exec(text('device-sdk/python/crosscomm/__init__.py'))?.[1]).toBe(version);
    expect(manifest('device-sdk/python/package.json').version).toBe(version);
  });

  it('the newest of the changelog, which has them in order and each with its day', () => {
    const headings = [...text('CHANGELOG.md').matchAll(/^## \[(.+)\](.*)$/gm)].map(([, name = '', day = '']) => ({
      name,
      day,
    }));
    expect(headings[0]).toEqual({ name: 'Unreleased', day: '' });
    const released = headings.slice(1);
    expect(released[0]?.name).toBe(version);
    for (const { name, day } of released) {
      expect(name).toMatch(/^\d+\.\d+\.\d+$/);
      expect(day).toMatch(/^ - \d{4}-\d\d-\d\d$/);
    }
    const days = released.map(({ day }) => day);
    expect(days).toEqual([...days].sort().reverse());
  });
});

describe('the version of the frames', () => {
  it('is the same in the specification, in TypeScript and on a board', () => {
    expect(/^# .*, version (\d+)$/m.exec(text('device-sdk/protocol/SPEC.md'))?.[1]).toBe(String(VERSION));
    const core = text('device-sdk/arduino/src/crosscomm/Core.cpp');
    expect(/^const uint8_t VERSION = (\d+);$/m.exec(core)?.[1]).toBe(String(VERSION));
  });
});
