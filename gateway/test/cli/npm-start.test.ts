import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { PERSON_ENV } from '@crosscomm/testing/terminal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { meantArguments } from '../../../scripts/lib/npm-flags.mjs';
import { knownFlags } from '../../src/cli/known-flags.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

const FLAGS = [
  { flag: '--config', isSwitch: false },
  { flag: '--json', isSwitch: true },
  { flag: '--http-port', isSwitch: false },
  { flag: '--serial-auto-detect', isSwitch: true },
];

describe('what npm start was meant to get where "--" was forgotten', () => {
  it.each([
    ['--config x.yaml', ['x.yaml'], { npm_config_config: 'true' }, ['--config=x.yaml']],
    ['--config=x.yaml', [], { npm_config_config: 'x.yaml' }, ['--config=x.yaml']],
    ['-c x.yaml', [], { npm_config_call: 'x.yaml' }, ['--config=x.yaml']],
    ['--json', [], { npm_config_json: 'true' }, ['--json']],
    ['--no-serial-auto-detect', [], { npm_config_serial_auto_detect: '' }, ['--no-serial-auto-detect']],
    [
      '--http-port=1 --config x.yaml',
      ['x.yaml'],
      { npm_config_config: 'true', npm_config_http_port: '1' },
      ['--http-port=1', '--config=x.yaml'],
    ],
    [
      '--config x.yaml -- --http-port 1',
      ['x.yaml', '--http-port', '1'],
      { npm_config_config: 'true' },
      ['--config=x.yaml', '--http-port', '1'],
    ],
    ['-- --config x.yaml', ['--config', 'x.yaml'], {}, ['--config', 'x.yaml']],
    ['nothing', [], { npm_config_loglevel: 'silent' }, []],
  ])('finds %s', (_, args, env, meant) => {
    const found = meantArguments(args, env, FLAGS);
    expect([...found.args].sort()).toEqual([...meant].sort());
    expect(found.lost).toEqual([]);
  });

  it('does not guess which value belongs to which flag', () => {
    const env = { npm_config_config: 'true', npm_config_http_port: 'true' };
    expect(meantArguments(['x.yaml', '1'], env, FLAGS).lost).toEqual(['--config', '--http-port']);
  });
});

describe('what npm run crosscomm was meant to get', () => {
  const meant = (args: string[], env: NodeJS.ProcessEnv) => meantArguments(args, env, FLAGS, { takesWords: true });

  it('finds what can only be a flag, and leaves words alone', () => {
    expect(meant(['listen', 'lamp'], { npm_config_json: 'true' }).args).toEqual(['listen', 'lamp', '--json']);
    expect(meant(['send', 'notes', '--', '-5'], { npm_config_json: 'true' }).args).toEqual([
      'send',
      'notes',
      '--json',
      '--',
      '-5',
    ]);
    expect(meant(['oss-keys', 'list'], { npm_config_config: 'x.yaml' }).args).toEqual([
      'oss-keys',
      'list',
      '--config=x.yaml',
    ]);
  });

  it('leaves to npm the prefix that it tells every script', () => {
    const flags = [...FLAGS, { flag: '--prefix', isSwitch: false }];
    const args = ['oss-keys', 'create', '--prefix', 'cam/'];
    expect(meantArguments(args, { npm_config_prefix: '/usr' }, flags, { takesWords: true })).toEqual({
      args,
      taken: [],
      lost: [],
    });
  });

  it('does not take a word for the value of a flag', () => {
    expect(meant(['listen', 'lamp', 'x.yaml'], { npm_config_config: 'true' }).lost).toEqual(['--config']);
  });

  it('knows the flags of each command', async () => {
    const flagsOf = async (...words: string[]) => (await knownFlags(words)).map(({ flag }) => flag);
    expect(await flagsOf('start')).toEqual(expect.arrayContaining(['--config', '--http-port', '--port']));
    expect(await flagsOf('listen', 'lamp')).toEqual(['--url', '--config', '--data-dir', '--account', '--json']);
    const reach = ['--url', '--config', '--data-dir'];
    expect(await flagsOf('oss-keys', 'create', 'start')).toEqual([...reach, '--account', '--prefix', '--s3']);
  });
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crosscomm-npm-'));
  const listeners = ['http', 'oocsi', 'mqtt', 'oss'].map((name) => `${name}: {port: 0}`);
  const lines = [`dataDir: ${join(folder, 'data')}`, ...listeners, 'serial: {autoDetect: false}'];
  writeFileSync(join(folder, 'room.yaml'), `${lines.join('\n')}\n`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Runs npm until the gateway is ready, or it ends; what it printed. */
async function npm(args: readonly string[], cwd = ROOT): Promise<{ out: string; err: string; code: number | null }> {
  const child = spawn('npm', args, { cwd, env: PERSON_ENV, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = { out: '', err: '' };
  let isToldToEnd = false;
  const ended = new Promise<number | null>((done) => child.once('close', done));
  child.stdout.on('data', (chunk) => {
    printed.out += chunk;
    // The last line of the table: the gateway has said all that it has to say.
    if (!/Ctrl-C/.test(printed.out) || child.pid === undefined || isToldToEnd) return;
    isToldToEnd = true;
    process.kill(-child.pid, 'SIGTERM');
  });
  child.stderr.on('data', (chunk) => {
    printed.err += chunk;
  });
  const code = await ended;
  return { ...printed, code };
}

describe('npm start', () => {
  it('uses the file that was named without "--", and says so', async () => {
    const { out, err } = await npm(['start', '--silent', '--config', join(folder, 'room.yaml')]);
    expect(out).toContain(join(folder, 'data'));
    expect(err).toContain('npm took --config for a flag of its own');
    expect(err).toContain(`npm start -- --config=${join(folder, 'room.yaml')}`);
  });

  it('takes crosscomm.yaml of the folder that it is called from, and hints how to call the command', async () => {
    mkdirSync(join(folder, 'class'));
    const text = `dataDir: ${join(folder, 'class-data')}\nhttp: {port: 0}\noocsi: {port: 0}\nmqtt: {port: 0}\noss: {port: 0}\n`;
    writeFileSync(join(folder, 'class', 'crosscomm.yaml'), `${text}serial: {autoDetect: false}\n`);
    const { out } = await npm(['--prefix', ROOT, 'start', '--silent'], join(folder, 'class'));
    expect(out).toContain(`The configuration is crosscomm.yaml, which is in this folder: ${join(folder, 'class')}\n`);
    expect(out).toContain(join(folder, 'class-data'));
    expect(out).toContain('npm run crosscomm -- listen');
  });

  it('asks for "--" where several values lost their flags', async () => {
    const { code, err } = await npm(['start', '--silent', '--config', 'x.yaml', '--http-port', '1']);
    expect(code).toBe(2);
    expect(err).toContain('npm kept --config and --http-port for itself');
    expect(err).toContain('[CALL_INVALID]');
  });

  it.each([
    [['room.yaml'], '"room.yaml" needs its flag: npm start -- --config room.yaml [CALL_INVALID]'],
    [['--port', '9000'], 'For example: npm start -- --http-port 9000 [CALL_INVALID]'],
    [['--', '--host=0.0.0.0'], 'For example: npm start -- --http-host 0.0.0.0 [CALL_INVALID]'],
  ])('answers %j with what works in a clone', async (words, hint) => {
    const { code, err } = await npm(['start', '--silent', ...words]);
    expect(code).toBe(2);
    expect(err).toContain(hint);
    expect(err).not.toContain('Next time');
  });
});

describe('npm run crosscomm', () => {
  it('is the command, with paths from where the person is', async () => {
    const { out } = await npm(
      ['--prefix', ROOT, 'run', '--silent', 'crosscomm', '--', 'config', 'check', 'room.yaml'],
      folder,
    );
    expect(out).toContain('room.yaml is a valid configuration.');
  });

  it('takes crosscomm.yaml of the folder that it is called from', async () => {
    writeFileSync(join(folder, 'crosscomm.yaml'), 'mqtt: {prot: 1}\n');
    const { code, err } = await npm(['--prefix', ROOT, 'run', '--silent', 'crosscomm', 'config', 'check'], folder);
    expect(code).toBe(2);
    expect(err).toContain(`${join(folder, 'crosscomm.yaml')}:1: mqtt.prot is not a known key`);
  });

  it('says what to write where npm kept a flag whose value it cannot tell from other words', async () => {
    const call = ['run', '--silent', 'crosscomm', 'listen', 'lamp', '--url', 'pi.local'];
    const { code, err } = await npm(call);
    expect(code).toBe(2);
    expect(err).toContain(
      'npm kept --url for itself. Write "--" before the flags: npm run crosscomm -- listen ... --url',
    );
  });
});
