import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './pages.ts';

// A class copies what is shown: 25 programs with one id take each other's place. So no sample has an id that is written out.

/** Where an id is given, by the library that takes it; the id that is written out is in the first brackets. */
const WRITTEN_OUT = [
  /OOCSI\(\s*["']([^"'#]+)["']/g,
  /OOCSIClient\("([^"'#]+)"\)/g,
  /OOCSI\(this, "([^"'#]+)",/g,
  /[^_]client_id=["']([^"']+)["']/g,
  /clientId: ["']([^"']+)["']/g,
  /mqtt\.connect\("([^"]+)"\)/g,
  // A board on a cable has no MAC address to take it from.
  /cc\.begin\("([^"]+)", (?!Serial)/g,
];
/** A service that others call by its name, once in a room. */
const MEANT = ['counter'];

const FOLDERS = [
  'docs',
  'examples',
  'gateway/examples',
  'firmware-examples',
  'device-sdk/arduino/examples',
  'device-sdk/arduino/src',
];
const samples = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(md|ino|h|py|mjs|html)$/.test(file))
    .map((file) => `${folder}/${file}`),
);

const packages = ['arduino', 'node', 'sim', 'protocol'].map((name) => `device-sdk/${name}/README.md`);

test.each(['README.md', ...packages, ...samples])(
  'copies of the sample in %s do not take each other’s place',
  (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const found = WRITTEN_OUT.flatMap((pattern) => [...text.matchAll(pattern)].map(([, id]) => id ?? ''));
    expect(found.filter((id) => !MEANT.includes(id))).toEqual([]);
  },
);
