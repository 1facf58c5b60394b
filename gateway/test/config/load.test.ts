import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type ConfigSources, checkConfig, loadConfig, parseConfigText } from '../../src/app/config.ts';
import { GatewayError } from '../../src/common/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'crosscomm-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function write(text: string | Uint8Array): string {
  writeFileSync(join(folder, 'crosscomm.yaml'), text);
  return 'crosscomm.yaml';
}

function load(text: string, overrides: ConfigSources['overrides'] = []) {
  return loadConfig({ file: write(text), overrides, cwd: folder });
}

function failure(action: () => unknown): { code: string; message: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof GatewayError) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('it was accepted');
}

const failureOf = (text: string, overrides: ConfigSources['overrides'] = []) => failure(() => load(text, overrides));

describe('a configuration', () => {
  it('has its defaults, and is frozen to the bottom', () => {
    const config = loadConfig({ cwd: folder });
    expect(config.http).toMatchObject({ host: '127.0.0.1', port: 9898 });
    expect(config.dataDir).toBe(join(folder, 'crosscomm-data'));
    expect(() => Object.assign(config.serial, { autoDetect: false })).toThrow(TypeError);
    expect(Object.isFrozen(config.serial.ports)).toBe(true);
  });

  it('is empty where the file is, and where a section has only comments', () => {
    expect(load('').oocsi.port).toBe(4444);
    expect(load('oocsi:\n  # port: 1\nmqtt: {port: 5}').mqtt.port).toBe(5);
  });

  it('takes the command line before the file, and the file before the defaults', () => {
    const config = load('http: {port: 1000, maxBodyBytes: 2000}', [
      { path: ['http', 'port'], value: 3000, flag: '--http-port' },
      { path: ['log', 'level'], value: 'debug', flag: '--log-level' },
    ]);
    expect(config.http).toMatchObject({ port: 3000, maxBodyBytes: 2000, serviceTimeoutMs: 1800 });
    expect(config.log.level).toBe('debug');
  });

  it('finds a relative data folder beside the file that names it', () => {
    mkdirSync(join(folder, 'etc'), { recursive: true });
    writeFileSync(join(folder, 'etc', 'there.yaml'), 'dataDir: data');
    writeFileSync(join(folder, 'etc', 'silent.yaml'), 'log: {level: warn}');
    const at = (file: string, overrides: ConfigSources['overrides'] = []) =>
      loadConfig({ file, overrides, cwd: folder }).dataDir;
    expect(at('etc/there.yaml')).toBe(join(folder, 'etc', 'data'));
    expect(at('etc/silent.yaml')).toBe(join(folder, 'crosscomm-data'));
    expect(at('etc/there.yaml', [{ path: ['dataDir'], value: 'mine', flag: '--data-dir' }])).toBe(join(folder, 'mine'));
    expect(at('etc/there.yaml', [{ path: ['dataDir'], value: '~/mine', flag: '--data-dir' }])).toBe(
      join(homedir(), 'mine'),
    );
  });
});

describe('the folder of pages', () => {
  it('is found beside the file that names it, or from where the command is called', () => {
    mkdirSync(join(folder, 'etc'), { recursive: true });
    writeFileSync(join(folder, 'etc', 'pages.yaml'), 'pages: {folder: ./www}');
    writeFileSync(join(folder, 'etc', 'none.yaml'), 'log: {level: warn}');
    const at = (file: string, overrides: ConfigSources['overrides'] = []) =>
      loadConfig({ file, overrides, cwd: folder }).pages.folder;
    expect(at('etc/pages.yaml')).toBe(join(folder, 'etc', 'www'));
    expect(at('etc/none.yaml')).toBeUndefined();
    const flag = { path: ['pages', 'folder'], value: 'mine', flag: '--pages-folder' };
    expect(at('etc/pages.yaml', [flag])).toBe(join(folder, 'mine'));
    expect(at('etc/none.yaml', [{ ...flag, value: '~/mine' }])).toBe(join(homedir(), 'mine'));
  });

  it('has a port of its own, and is open to others only where all is', () => {
    const load = (text: string) => () => parseConfigText(text, 'pages.yaml', folder);
    expect(load('pages: {folder: www, port: 9898}')).toThrow('pages.port is 9898, as http.port is');
    expect(load('pages: {folder: www, host: 0.0.0.0}')).toThrow(/pages\.host is 0\.0\.0\.0.*auth/);
    expect(load('pages: {port: 9898, host: 0.0.0.0}')).not.toThrow();
    expect(load('pages: {folder: www, host: 0.0.0.0}\nauth: {anonymous: allow}')).not.toThrow();
  });
});

describe('a mistake in a configuration', () => {
  it.each([
    ['http:\n  prot: 5', 'crosscomm.yaml:2: http.prot is not a known key; did you mean http.port?.'],
    [
      'http:\nhost: 0.0.0.0',
      'crosscomm.yaml:2: host is not a known key at the top; it belongs to http: put two blanks before it.',
    ],
    [
      'log: {}\nhost: 0.0.0.0',
      'crosscomm.yaml:2: host is not a known key at the top; it belongs indented below http or pages or oocsi or mqtt or osc or oss.',
    ],
    [
      'http:\n  port: 1\n  mqtt: {port: 2}',
      'crosscomm.yaml:3: http.mqtt is not a known key; mqtt stands at the top, without blanks before it.',
    ],
    [
      'http: {host:0.0.0.0}',
      'crosscomm.yaml:1: http.host:0.0.0.0 has no blank behind its colon; write "host: 0.0.0.0".',
    ],
    [
      'http:\n  host:0.0.0.0',
      'crosscomm.yaml:1: http must be a section with keys of its own, not the text "host:0.0.0.0"; a blank is missing behind the colon: write "host: 0.0.0.0".',
    ],
    [
      'http:\n  host: 0.0.0.0\n  port:9898',
      'crosscomm.yaml:3: this is not YAML: Implicit map keys need to be followed by map values; a blank is missing behind "port:".',
    ],
    ['oocis: {}', 'crosscomm.yaml:1: oocis is not a known key; did you mean oocsi?.'],
    ['log: {colour: red}', 'crosscomm.yaml:1: log.colour is not a known key; the keys in log are level.'],
    [
      'oocsi: {max_line_byte: 5}',
      'crosscomm.yaml:1: oocsi.max_line_byte is not a known key; did you mean oocsi.maxLineBytes?.',
    ],
    [
      '\noocsi:\n  port: high',
      'crosscomm.yaml:3: oocsi.port must be a whole number from 0 to 65535, not the text "high".',
    ],
    ['mqtt: {port: 1.5}', 'crosscomm.yaml:1: mqtt.port must be a whole number from 0 to 65535, not 1.5.'],
    ['mqtt: {port: 65536}', 'crosscomm.yaml:1: mqtt.port must be a whole number from 0 to 65535, not 65536.'],
    ['mqtt: {port:}', 'crosscomm.yaml:1: mqtt.port must be a whole number from 0 to 65535, not empty.'],
    ['serial: {autoDetect: yes}', 'crosscomm.yaml:1: serial.autoDetect must be true or false, not the text "yes".'],
    [
      'serial: {allowVendors: [2341]}',
      'crosscomm.yaml:1: serial.allowVendors[0] must be a text that is not empty, not 2341; put it in quotes.',
    ],
    [
      'serial: {allowVendors: ["23"]}',
      'crosscomm.yaml:1: serial.allowVendors[0] must be four hex digits in quotes, such as "2341", not the text "23".',
    ],
    ['serial:\n  ports:\n    - name: uno', 'crosscomm.yaml:3: serial.ports[0].path is missing.'],
    ['log: {level: loud}', 'crosscomm.yaml:1: log.level must be one of debug, info, warn, error, not the text "loud".'],
    ['http: 5', 'crosscomm.yaml:1: http must be a section with keys of its own, not 5.'],
    ['[1]', 'crosscomm.yaml: the configuration must be a section with keys of its own, not a list.'],
    [
      'serial: {ports: [{path: /a}, {path: /a}]}',
      'crosscomm.yaml:1: serial.ports[1].path is /a, as serial.ports[0].path is.',
    ],
    [
      'mqtt: {port: 4444}',
      'crosscomm.yaml:1: mqtt.port is 4444, as oocsi.port is; give each listener a port of its own.',
    ],
    [
      'auth:\n  roles:\n    lab:\n      - {allow: [send, fly]}',
      'crosscomm.yaml:4: role lab, rule 1, allow must be one or a list of send, subscribe, presence, call, upload, read, operate, accounts, clear, controls, not the list [send, fly].',
    ],
    [
      'auth: {roles: {lab: [{allow: send}, {deny: send, topics: ["a/#/b"]}]}}',
      'crosscomm.yaml:1: role lab, rule 2, topics[0] must be a topic filter such as lab/+/temperature, not the text "a/#/b".',
    ],
    [
      'auth: {roles: {lab: [{topics: [a]}]}}',
      'crosscomm.yaml:1: role lab, rule 1 must be a rule with allow or deny, and not with both.',
    ],
    [
      'auth: {roles: {lab: [{alow: send}]}}',
      'crosscomm.yaml:1: role lab, rule 1, alow is not a known key; did you mean role lab, rule 1, allow?.',
    ],
    [
      'auth: {quotas: {device: {messagesPerSecond: -1}}}',
      'crosscomm.yaml:1: auth.quotas.device.messagesPerSecond must be a number above 0, not -1.',
    ],
    [
      'auth: {quotas: {device: {connections: many}}}',
      'crosscomm.yaml:1: auth.quotas.device.connections must be a whole number of at least 1, not the text "many".',
    ],
    [
      'auth: {roles: {lab: [{allow: send, tpics: [a]}]}}',
      'crosscomm.yaml:1: role lab, rule 1, tpics is not a known key; did you mean role lab, rule 1, topics?.',
    ],
    [
      'auth: {roles: {admin: [{allow: send}]}}',
      'crosscomm.yaml:1: auth.roles.admin must have another name: none of admin, member, device, viewer, anonymous, which are built in.',
    ],
    ['oss: {port: 9898}', 'crosscomm.yaml:1: oss.port is 9898, as http.port is; give each listener a port of its own.'],
  ])('is told in one plain sentence: %j', (text, message) => {
    expect(failureOf(text)).toEqual({ code: 'CONFIG_INVALID', message: message.replace('?.', '?') });
  });

  it('on the command line is called by its flag', () => {
    const flag = { path: ['http', 'port'], value: 'abc', flag: '--http-port' };
    expect(failureOf('http: {port: 1}', [flag]).message).toBe(
      '--http-port must be a whole number from 0 to 65535, not the text "abc".',
    );
  });

  it('is counted with the others, and a check lists them all in the order of their lines', () => {
    const text = 'log: {level: 5}\nhttp:\n  port: x\n  hots: y\n';
    expect(failureOf(text).message).toMatch(/^crosscomm\.yaml:1: log\.level .*; and 2 more\.$/);
    expect(checkConfig(write(text), folder).map(({ sentence }) => sentence.split(' ')[0])).toEqual([
      'crosscomm.yaml:1:',
      'crosscomm.yaml:3:',
      'crosscomm.yaml:4:',
    ]);
  });

  it.each(['__proto__: {a: 1}', 'constructor: 5', 'http: {toString: 1}', '? [a, b]\n: 1'])(
    'may have any name: %j',
    (text) => {
      expect(failureOf(text)).toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('not a known'),
      });
    },
  );
});

describe('a file that is no configuration', () => {
  it.each([
    ['http: {', 'CONFIG_INVALID', /crosscomm\.yaml:1: this is not YAML/],
    ['a: 1\na: 2', 'CONFIG_INVALID', /:2: this is not YAML: Map keys must be unique/],
    ['[[[['.repeat(20_000), 'CONFIG_INVALID', /crosscomm\.yaml/],
    [
      `a: &a [1]\nb: &b [${'*a,'.repeat(30)}]\nc: [${'*b,'.repeat(30)}]`,
      'CONFIG_INVALID',
      /cannot be used: Excessive alias count/,
    ],
    [`# ${'x'.repeat(300_000)}`, 'CONFIG_UNREADABLE', /300002 bytes/],
    [Uint8Array.of(0xff, 0xfe, 0x00), 'CONFIG_UNREADABLE', /not UTF-8/],
  ])('is refused (%#)', (text, code, message) => {
    const found = failure(() => loadConfig({ file: write(text), cwd: folder }));
    expect(found.code).toBe(code);
    expect(found.message).toMatch(message);
  });

  it('is refused where it is not there, or is a folder', () => {
    expect(failure(() => loadConfig({ file: 'none.yaml', cwd: folder }))).toEqual({
      code: 'CONFIG_UNREADABLE',
      message: 'The configuration none.yaml cannot be read: there is no such file, check the path.',
    });
    expect(failure(() => loadConfig({ file: '.', cwd: folder })).message).toContain('it is a folder');
  });
});

describe('an address that other machines can reach', () => {
  it.each(['0.0.0.0', '::', '192.168.1.5', 'gateway.local', '127.evil.example'])('needs a word: %s', (host) => {
    for (const section of ['http', 'oocsi', 'mqtt']) {
      const found = failureOf(`${section}: {host: "${host}"}`);
      expect(found.code).toBe('CONFIG_NOT_LOOPBACK');
      expect(found.message).toContain(`${section}.host is ${host}`);
      expect(found.message).toContain('write "auth: {anonymous: allow}"');
      expect(load(`${section}: {host: "${host}"}\nauth: {anonymous: allow}`)).toHaveProperty([section, 'host'], host);
    }
  });

  it.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '::ffff:127.0.0.1'])('is not %s', (host) => {
    expect(load(`http: {host: "${host}"}`).http.host).toBe(host);
  });
});
