import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SKETCHES } from '../../../hil-tests/support/sketch-folder.ts';

// The rules of arduino-lint 1.3 (`--compliance strict --library-manager submit`) that a folder without a network can be held
// against, by their ids. LP017 (is the name free?) and LP042 (does the address answer?) want one.

const LIBRARY = join(import.meta.dirname, '..');
const ROOT = join(LIBRARY, '../..');

const CATEGORIES = [
  'Communication',
  'Data Processing',
  'Data Storage',
  'Device Control',
  'Display',
  'Other',
  'Sensors',
  'Signal Input/Output',
  'Timing',
];
const FIELDS = [
  ...['name', 'version', 'author', 'maintainer', 'license', 'sentence', 'paragraph', 'category', 'url'],
  ...['architectures', 'depends', 'dot_a_linkage', 'includes', 'precompiled', 'ldflags'],
];
const LICENCE = /^(licen[sc]e|copying)(\.(md|txt))?$/i;
/** LS002, LS003, SS002, SS003. */
const NAME = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,62}$/;
/** Also what this project says of words: the Arduino IDE shows both in its list. */
const TEXT_FIELDS = ['author', 'maintainer', 'sentence', 'paragraph'];

/** Of a folder, all files and folders below it, but for links, which are told by themselves. */
const all = readdirSync(LIBRARY, { withFileTypes: true, recursive: true });
const pathOf = (entry: { parentPath: string; name: string }): string =>
  relative(LIBRARY, join(entry.parentPath, entry.name));

const properties = new Map(
  readFileSync(join(LIBRARY, 'library.properties'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
);
const property = (name: string): string => properties.get(name) ?? '';

/** All sketches of the project: what is nobody's example is held against the same rules. */
const sketches = SKETCHES.flatMap((folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name)),
);

describe('the Library Manager takes the Arduino library', () => {
  test('as its properties are complete and none is misspelled (LP006 to LP047)', () => {
    expect([...properties.keys()].filter((name) => !FIELDS.includes(name))).toEqual([]);
    expect(property('name')).toMatch(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{2,31}$/);
    expect(property('name')).not.toMatch(/arduino|library/i);
    expect(property('version')).toMatch(/^\d+\.\d+\.\d+$/);
    for (const name of TEXT_FIELDS) expect(property(name), name).toMatch(/\S{3}/);
    expect(property('maintainer')).not.toMatch(/arduino/i);
    expect(property('paragraph').startsWith(property('sentence'))).toBe(false);
    expect(CATEGORIES).toContain(property('category'));
    expect(property('architectures')).toBe('*');
  });

  test('as its page has an address (LP040, LP041, LP056)', () => {
    expect(new URL(property('url')).protocol).toBe('https:');
  });

  test('and links it as an archive, so that a sketch has only what it uses (LP049, LP050)', () => {
    expect(property('dot_a_linkage')).toBe('true');
  });

  test('as the header that the IDE includes is there and named after it (LS008, LP052)', () => {
    const sources = readdirSync(join(LIBRARY, 'src'));
    expect(sources).toContain(`${property('name')}.h`);
    for (const header of property('includes').split(',')) expect(sources).toContain(header.trim());
    expect(sources).not.toContain('utility');
  });

  test('as PlatformIO is told the same', () => {
    const { name, version, headers } = JSON.parse(readFileSync(join(LIBRARY, 'library.json'), 'utf8'));
    expect([name, version]).toEqual([property('name'), property('version')]);
    const sources = readdirSync(join(LIBRARY, 'src'));
    expect(sources.filter((file) => file.endsWith('.h')).sort()).toEqual([...headers].sort());
  });

  test('as it holds nothing that is refused: links, programs, flag files (LS004 to LS007)', () => {
    const refused = all.filter((entry) => entry.isSymbolicLink() || /\.exe$|^\.development$|^\.git/i.test(entry.name));
    expect(refused.map(pathOf)).toEqual([]);
  });

  test('as it has a page and the licence of the project (LD001, LD002)', () => {
    expect(readdirSync(LIBRARY)).toContain('README.md');
    expect(readFileSync(join(LIBRARY, 'LICENSE'), 'utf8')).toBe(readFileSync(join(ROOT, 'LICENSE'), 'utf8'));
  });

  test('as sketches are in examples/ and extras/ and nowhere else (LD003 to LD006)', () => {
    const inos = all.filter((entry) => /\.(ino|pde)$/i.test(entry.name)).map(pathOf);
    expect(inos.filter((path) => !/^(examples|extras)\//.test(path))).toEqual([]);
    expect(inos.filter((path) => path.startsWith('examples/')).length).toBeGreaterThan(5);
  });
});

describe.each(sketches.map((folder) => [relative(ROOT, folder), folder]))('the sketch %s', (_, folder) => {
  const files = readdirSync(folder);

  test('has a main file of its name, and files that every system can name (SS001 to SS004)', () => {
    expect(files.filter((file) => /\.(ino|pde)$/i.test(file))).toEqual([`${basename(folder)}.ino`]);
    for (const file of [basename(folder), ...files]) expect(file).toMatch(NAME);
  });

  test('has a page and a licence (SD001, SD002), and is in the list of sketches', () => {
    expect(files).toContain('README.md');
    expect(files.some((file) => LICENCE.test(file))).toBe(true);
    const list = readFileSync(join(ROOT, 'firmware-examples/README.md'), 'utf8');
    expect(list).toContain(`| [${basename(folder)}](`);
  });

  test('says which version of the core it needs, where it is for an ESP', () => {
    const page = readFileSync(join(folder, 'README.md'), 'utf8');
    const core = basename(folder).match(/^esp\d+/)?.[0] ?? '';
    expect(page).toMatch(core === '' ? '' : new RegExp(`${core} core \\d+\\.\\d+\\.\\d+ or later`));
  });

  test('is an example of the library if, and only if, it needs it', () => {
    const needsIt = /#include <CrossComm/.test(readFileSync(join(folder, `${basename(folder)}.ino`), 'utf8'));
    expect(needsIt).toBe(folder.startsWith(LIBRARY));
  });
});
