import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { ensureDebianPackages } from './debian.mjs';
import { cacheFolder, fail, runLoud, tell } from './progress.mjs';
import { CACHE, ROOT } from './root.mjs';

/** Where Home Assistant is, as `chroot` sees it: a Debian whose Python is new enough. */
export const HOME_ASSISTANT_ROOT = join(CACHE, 'home-assistant');
const SOURCES = join(ROOT, 'client-tests', 'home-assistant');
const STAMP = join(HOME_ASSISTANT_ROOT, 'installed');
/** Debian's next version. */
const SUITE = 'testing';
const INCLUDED = 'ca-certificates,python3,python3-venv';
/** What npm test checks payloads by, and the lists in it that the gateway needs. */
const RULES = join(ROOT, 'gateway', 'testing', 'home-assistant', 'rules.json');
const VOCABULARY = join(ROOT, 'gateway', 'src', 'integrations', 'home-assistant', 'payload', 'vocabulary.ts');
const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** Makes a Debian with Home Assistant in .cache/home-assistant, once: it needs a newer Python than most machines have. As root alone. */
export function ensureHomeAssistant() {
  const install = join(SOURCES, 'install.sh');
  const wanted = readFileSync(install, 'utf8');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  if (process.getuid?.() !== 0) fail('Home Assistant is installed in a Debian of its own, which only root can make.');
  ensureDebianPackages([
    { package: 'debootstrap', program: 'debootstrap' },
    { package: 'mosquitto', program: 'mosquitto' },
  ]);
  cacheFolder();
  tell('Making a Debian with the newest Python, once ...');
  rmSync(HOME_ASSISTANT_ROOT, { recursive: true, force: true });
  mkdirSync(HOME_ASSISTANT_ROOT);
  runLoud('debootstrap', ['--variant=minbase', `--include=${INCLUDED}`, SUITE, HOME_ASSISTANT_ROOT], { quiet: true });
  // Whom this machine trusts, it trusts as well.
  if (existsSync(AUTHORITIES)) cpSync(AUTHORITIES, join(HOME_ASSISTANT_ROOT, AUTHORITIES), { dereference: true });
  cpSync(install, join(HOME_ASSISTANT_ROOT, 'root', 'install.sh'));
  tell('Installing Home Assistant there ...');
  runLoud('chroot', [HOME_ASSISTANT_ROOT, 'sh', '/root/install.sh'], { env: { PIP_FIND_LINKS: '', HOME: '/root' } });
  writeFileSync(STAMP, wanted);
}

/**
 * Runs a program of client-tests/home-assistant there, and gives what it prints.
 * @param {string} script
 * @returns {string}
 */
function runThere(script) {
  cpSync(join(SOURCES, script), join(HOME_ASSISTANT_ROOT, 'root', script));
  const { status, stdout, error } = spawnSync('chroot', [HOME_ASSISTANT_ROOT, '/ha/bin/python', `/root/${script}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 2],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C.UTF-8' },
  });
  if (status !== 0) fail(`${script} failed in ${HOME_ASSISTANT_ROOT}: ${error?.message ?? `exit code ${status}`}`);
  return stdout;
}

/** Writes what Home Assistant demands into the project: all of it for tests, and the lists that the gateway itself needs. */
export function makeHomeAssistantRules() {
  const rules = JSON.parse(runThere('rules.py'));
  writeFileSync(RULES, `${JSON.stringify(rules, undefined, 2)}\n`);
  writeFileSync(VOCABULARY, vocabularyOf(rules));
  for (const file of [RULES, VOCABULARY]) tell(`Wrote ${file.slice(ROOT.length + 1)}.`);
  runLoud(
    process.execPath,
    [join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'format', '--write', RULES, VOCABULARY],
    { quiet: true },
  );
}

/** @typedef {Record<string, (string | null)[]>} Table */

/**
 * @param {{
 *   version: string,
 *   sensor: { classes: string[], units: Table, stateClasses: Record<string, string[]> },
 *   number: { classes: string[], units: Table },
 *   binary_sensor: { classes: string[] },
 *   event: { classes: string[] },
 * }} rules as rules.py prints them
 */
function vocabularyOf({ version, sensor, number, binary_sensor, event }) {
  const list = (
    /** @type {string} */ name,
    /** @type {unknown} */ value,
    /** @type {string} */ type,
    /** @type {string} */ what,
  ) => `/** ${what} */\nexport const ${name}: ${type} = ${JSON.stringify(value)};\n`;
  return [
    `// Made by \`npm run test:home-assistant -- --rules\` of Home Assistant ${version}.\n`,
    list(
      'UNITS_OF_CLASS',
      unitsOfBoth(sensor, number),
      'Readonly<Record<string, readonly (string | null)[]>>',
      'Units by the class of a sensor or a number; null: none. A class without any takes all. Classes of times and texts are left out.',
    ),
    list(
      'SENSOR_STATE_CLASSES',
      sensor.stateClasses,
      'Readonly<Record<string, readonly string[]>>',
      'What the states of a class may be.',
    ),
    list('BINARY_SENSOR_CLASSES', binary_sensor.classes, 'readonly string[]', 'Classes of sensors that are on or off.'),
    list('EVENT_CLASSES', event.classes, 'readonly string[]', 'Classes of events.'),
  ].join('\n');
}

/**
 * Each class of numbers is one of sensors, too, with the same units.
 * @param {{ units: Table }} sensor
 * @param {{ classes: string[], units: Table }} number
 * @returns {Table}
 */
function unitsOfBoth(sensor, number) {
  return Object.fromEntries(
    number.classes.map((name) => {
      const units = number.units[name] ?? [];
      if (!isDeepStrictEqual(units, sensor.units[name] ?? [])) throw new Error(`${name} has other units as a sensor`);
      return [name, units];
    }),
  );
}
