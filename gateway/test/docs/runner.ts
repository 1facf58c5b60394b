import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PYTHON } from '@crosscomm/testing/python';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkConfig } from '../../src/app/config.ts';
import { fateOfLine, reasonNotToRun } from './decisions.ts';
import { Desk, MARK, type Works } from './desk.ts';
import { type Block, blocksOf, ROOT } from './pages.ts';

const HEARD = new RegExp(MARK.replace('.', '\\.'));
/** Lines that run until they are ended, and by what they are known to work. */
const ENDLESS: readonly (readonly [line: RegExp, works: Works])[] = [
  [/mosquitto_sub .*\$presence/, { prints: /online/ }],
  [/mosquitto_sub|curl -N|\blisten\b/, { prints: HEARD }],
  [/ sim\b/, { says: true }],
  [/ pair\b/, { prints: /Pairing code: \d{6}/ }],
  [/simavr-pty/, { prints: /"ready"/ }],
];
/** What must be true after a line, where that is more than that it worked. */
const AFTERWARDS: readonly (readonly [line: RegExp, check: string])[] = [
  [/^eval .*oss-keys.* --s3/, '[ "$AWS_BUCKET" = crosscomm ] && [ -n "$AWS_SECRET_ACCESS_KEY" ]'],
  [/^eval .*oss-keys create desk\)/, '[ "$OSS_BUCKET_NAME" = crosscomm ] && [ -n "$OSS_ACCESS_KEY_SECRET" ]'],
];
const SKETCH_FOLDERS = [
  'hil-tests/host/core',
  'hil-tests/host/libraries/PubSubClient',
  'hil-tests/host/libraries/TFT_eSPI',
  'device-sdk/arduino/src',
];
const COMPILE = ['-std=gnu++17', '-Wall', '-Werror', '-fsyntax-only', '-x', 'c++', '-include', 'Arduino.h'];
const AS_ESP32 = ['-DESP32', '-DARDUINO=10819', '-DARDUINO_ARCH_ESP32'];

/** They take a second; Python's, on a machine that does everything else at once, many. */
const LIMITS = { timeout: 120_000 };

const run = promisify(execFile);

/** What is run of a block of shell lines: without comments, and without the words beside a command in a list. */
const linesOf = ({ text }: Block): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/ {3,}\S.*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

/** A list of commands with words that stand for something. */
const isUsage = ({ text }: Block): boolean =>
  /^(npm run )?crosscomm (.* [[A-Z]|start {3,})/m.test(text) && /\S {3,}\S/.test(text);

const languageOf = ({ language, first }: Block): string =>
  language === '' && /^\w+:( \{.*)?$/.test(first) ? 'yaml' : language;

const isWhole = ({ text }: Block): boolean => /^(import|from) /m.test(text) || text.includes('new WebSocket(');

/** A program that prints what it hears is run until it has; every one until it has said something. */
const worksBy = ({ text }: Block): Works =>
  /print\(|console\.log/.test(text) ? { prints: HEARD, says: true } : { says: true };

/** The packages of a `pip install` are among those that `npm test` installs, by which the programs of the page are run. */
function expectInstalled(line: string): void {
  const installed = readFileSync(join(ROOT, 'scripts/python-requirements.txt'), 'utf8').toLowerCase();
  // What is in this clone is found without being installed.
  const names = line.split(' ').filter((word) => !/^(-|"?\.\/)/.test(word));
  for (const name of names.slice(2)) expect(`\n${installed}`).toContain(`\n${name}==`);
}

/** Declares a test for each block of these pages that can be run, against a gateway of their own. */
export function testPages(pages: readonly string[]): void {
  const blocks = pages.flatMap(blocksOf);
  const desk = new Desk();
  const scratch = join(ROOT, '.cache/docs', `${process.pid}-${pages.length}`);

  /** A part of a program goes on where the whole one before it on its page ends. */
  function wholeOf(block: Block): string {
    const before = blocks
      .slice(0, blocks.indexOf(block))
      .filter((each) => each.page === block.page && each.language === block.language && isWhole(each));
    const whole = before.at(-1);
    return isWhole(block) || !whole ? block.text : `${whole.text}\n${block.text}`;
  }

  /** Writes a program where it finds the packages of this repository. */
  function write(name: string, text: string): string {
    mkdirSync(scratch, { recursive: true });
    const file = join(scratch, name);
    writeFileSync(file, desk.here(text));
    return file;
  }

  async function runShell(block: Block): Promise<void> {
    const script: string[] = [];
    for (const line of linesOf(block)) {
      const fate = fateOfLine(block.page, line);
      const endless = ENDLESS.find(([pattern]) => pattern.test(line));
      if (fate === 'pip') expectInstalled(line);
      else if (fate !== 'run') continue;
      else if (isUsage(block)) script.push(`${line.replace(/ [[A-Z].*$/, '')} --help > help.txt`);
      else if (line.startsWith('--reading')) await desk.runUntil(`crosscomm sim ${line}`, { says: true });
      else if (endless) await desk.runUntil(line, endless[1]);
      else script.push(line, ...AFTERWARDS.filter(([pattern]) => pattern.test(line)).map(([, check]) => check));
      // What does not end may need what came before, such as a firmware that was built.
      if (line.startsWith('make ')) await desk.run(script.splice(0));
    }
    if (script.length > 0) await desk.run(script);
  }

  const runners: Record<string, (block: Block) => Promise<void> | void> = {
    '': runShell,
    sh: runShell,
    json: ({ text }) => void JSON.parse(text),
    yaml: ({ text }) => {
      const file = join(desk.folder, 'block.yaml');
      writeFileSync(file, text);
      // The folder for pages of one's own, which the text before tells to make.
      mkdirSync(join(desk.folder, 'www'), { recursive: true });
      expect(checkConfig(file, desk.folder)).toEqual([]);
    },
    python: (block) => desk.watch(PYTHON, [write('program.py', wholeOf(block))], worksBy(block)),
    js: (block) => {
      const text = wholeOf(block);
      const program = text.includes('new WebSocket(') ? `import { WebSocket } from 'ws';\n${text}` : text;
      return desk.watch(process.execPath, [write('program.mjs', program)], worksBy(block));
    },
    html: ({ text }) => desk.show(text),
    cpp: async ({ text }) => {
      const defines = text.includes('<WiFi.h>') ? AS_ESP32 : [...AS_ESP32, '-DLED_BUILTIN=13'];
      const includes = SKETCH_FOLDERS.map((folder) => `-I${join(ROOT, folder)}`);
      await run('g++', [...COMPILE, ...defines, ...includes, write('sketch.ino', text)]);
    },
    ini: ({ text }) => {
      const [, started = ''] = /^ExecStart=\/usr\/bin\/env node (\S+) start$/m.exec(text) ?? [];
      expect(existsSync(join(ROOT, started))).toBe(true);
    },
  };

  beforeAll(() => desk.sitDown());
  afterAll(async () => {
    await desk.leave();
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  });

  const wanted = blocks.filter((block) => reasonNotToRun(block) === undefined);
  test.each(wanted.map((block) => [`${block.page}: ${block.first}`, block] as const))(
    '%s',
    LIMITS,
    async (_, block) => {
      const runner = runners[languageOf(block)];
      if (!runner) {
        const where = 'gateway/test/docs/decisions.ts';
        throw new Error(`nobody has decided what is done with ${block.language} in ${block.page}: see ${where}`);
      }
      await runner(block);
    },
  );
}
