import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkConfig } from '../../src/config/load.ts';
import { PYTHON } from '../support/python.ts';
import { fateOfLine, forgotten, reasonNotToRun } from './decisions.ts';
import { Desk, MARK, type Works } from './desk.ts';
import { type Block, blocksOf, ROOT, runPages } from './pages.ts';

// Every block of code in the README and in docs/ is run as far as it can be, against a gateway that runs. What cannot be is
// named in decisions.ts with the reason; a block of a new kind fails until somebody has decided.

const blocks = runPages().flatMap(blocksOf);
const HEARD = new RegExp(MARK.replace('.', '\\.'));
/** Lines that run until they are ended, and by what they are known to work. */
const ENDLESS: readonly (readonly [line: RegExp, works: Works])[] = [
  [/mosquitto_sub .*\$presence/, { prints: /online/ }],
  [/mosquitto_sub|curl -N|\blisten\b/, { prints: HEARD }],
  [/ sim\b/, { says: true }],
  [/simavr-pty/, { prints: /"ready"/ }],
];
/** What must be true after a line, where that is more than that it worked. */
const AFTERWARDS: readonly (readonly [line: RegExp, check: string])[] = [
  [/^eval .*oss-keys/, '[ "$OSS_BUCKET_NAME" = crosscomm ] && [ -n "$OSS_ACCESS_KEY_SECRET" ]'],
];
const SKETCH_FOLDERS = [
  'hil-tests/host/core',
  'hil-tests/host/libraries/PubSubClient',
  'hil-tests/host/libraries/TFT_eSPI',
  'device-sdk/arduino/src',
];

const desk = new Desk();
const scratch = join(ROOT, '.cache/docs', String(process.pid));
const run = promisify(execFile);

/** What is run of a block of shell lines: without comments, prompts, and the words beside a command in a list. */
function linesOf({ text }: Block): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/ {3,}\S.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

async function runShell(block: Block): Promise<void> {
  // A list of commands, with words that stand for something: each of them is there, and has help.
  const isUsage = /^(npm run )?crosscomm .* [[A-Z]/m.test(block.text) && / {3,}\S/.test(block.text);
  const script: string[] = [];
  for (const line of linesOf(block)) {
    const fate = fateOfLine(block.page, line);
    const endless = ENDLESS.find(([pattern]) => pattern.test(line));
    if (fate === 'pip') expectInstalled(line);
    else if (fate !== 'run') continue;
    else if (isUsage) script.push(`${line.replace(/ [[A-Z].*$/, '')} --help > help.txt`);
    else if (line.startsWith('--reading')) await desk.runUntil(`crosscomm sim ${line}`, { says: true });
    else if (endless) await desk.runUntil(line, endless[1]);
    else script.push(line, ...AFTERWARDS.filter(([pattern]) => pattern.test(line)).map(([, check]) => check));
    // What does not end may need what came before, such as a firmware that was built.
    if (line.startsWith('make ')) await desk.run(script.splice(0));
  }
  if (script.length > 0) await desk.run(script);
}

/** The packages of a `pip install` are among those that `npm test` installs, by which the programs of the page are run. */
function expectInstalled(line: string): void {
  const installed = readFileSync(join(ROOT, 'scripts/python-requirements.txt'), 'utf8').toLowerCase();
  const names = line.split(' ').filter((word) => !word.startsWith('-'));
  for (const name of names.slice(2)) expect(`\n${installed}`).toContain(`\n${name}==`);
}

/** Writes a program where it finds the packages of this repository. */
function write(name: string, text: string): string {
  mkdirSync(scratch, { recursive: true });
  const file = join(scratch, name);
  writeFileSync(file, desk.here(text));
  return file;
}

/** A part of a program goes on where the first whole one of its page ends. */
function wholeOf(block: Block): string {
  const isWhole = ({ text }: Block): boolean => /^(import|from) /m.test(text) || text.includes('new WebSocket(');
  const whole = blocks.find((each) => each.page === block.page && each.language === block.language && isWhole(each));
  return isWhole(block) || !whole ? block.text : `${whole.text}\n${block.text}`;
}

/** A program that prints what it hears is run until it has; every one until it has said something. */
const worksBy = ({ text }: Block): Works =>
  /print\(|console\.log/.test(text) ? { prints: HEARD, says: true } : { says: true };

const languageOf = ({ language, first }: Block): string =>
  language === '' && /^\w+:$/.test(first) ? 'yaml' : language;

const RUNNERS: Record<string, (block: Block) => Promise<void> | void> = {
  '': runShell,
  sh: runShell,
  json: ({ text }) => void JSON.parse(text),
  yaml: ({ text }) => {
    const file = join(desk.folder, 'block.yaml');
    writeFileSync(file, text);
    expect(checkConfig(file, desk.folder)).toEqual([]);
  },
  python: async (block) => {
    await desk.watch(PYTHON, [write('program.py', wholeOf(block))], worksBy(block));
  },
  js: async (block) => {
    const inBrowser = block.text.includes('new WebSocket(');
    const text = `${inBrowser ? "import { WebSocket } from 'ws';\n" : ''}${wholeOf(block)}`;
    await desk.watch(process.execPath, [write('program.mjs', text)], worksBy(block));
  },
  cpp: async ({ text }) => {
    const flags = ['-std=gnu++17', '-Wall', '-Werror', '-fsyntax-only', '-x', 'c++', '-include', 'Arduino.h'];
    const defines = ['-DESP32', '-DARDUINO=10819', '-DARDUINO_ARCH_ESP32'];
    const includes = SKETCH_FOLDERS.map((folder) => `-I${join(ROOT, folder)}`);
    await run('g++', [...flags, ...defines, ...includes, write('sketch.ino', text)]);
  },
  ini: ({ text }) => {
    const [, started = ''] = /^ExecStart=\/usr\/bin\/env node (\S+) start$/m.exec(text) ?? [];
    expect(existsSync(join(ROOT, started))).toBe(true);
  },
};

describe('a block of code in the documentation works', () => {
  beforeAll(() => desk.sitDown());
  afterAll(async () => {
    await desk.leave();
    rmSync(scratch, { recursive: true, force: true });
  });

  const wanted = blocks.filter((block) => reasonNotToRun(block) === undefined);
  test.each(wanted.map((block) => [`${block.page}: ${block.first}`, block] as const))('%s', async (_, block) => {
    const runner = RUNNERS[languageOf(block)];
    if (!runner) {
      throw new Error(
        `nobody has decided what is done with ${block.language} in ${block.page}: see gateway/test/docs/decisions.ts`,
      );
    }
    await runner(block);
  });
});

test('what is not run is still there', () => {
  expect(forgotten(blocks)).toEqual([]);
});
