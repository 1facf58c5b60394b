import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownPort } from '@crosscomm/testing/own-port';
import { Place, type Ran } from '@crosscomm/testing/place';
import { secretPassword } from '@crosscomm/testing/secrets';
import { TestShell } from '@crosscomm/testing/test-shell';
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

let place: Place;

function run(argv: readonly string[], input = ''): Promise<Ran> {
  return place.run(['account', ...argv], input);
}

async function json(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run([...argv, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Record<string, unknown>;
}

/** What holds whether a gateway runs with the data folder or not. */
function behaviours(): void {
  it('adds an account and prints its name, its token and its roles', async () => {
    const { code, out } = await run(['add', 'weather', '--role', 'device', '--role', 'viewer', '--json']);
    expect(code).toBe(0);
    const added = JSON.parse(out) as Record<string, unknown>;
    expect(added).toEqual({
      account: 'weather',
      token: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      roles: ['device', 'viewer'],
    });
    expect(statSync(join(place.dataDir, 'accounts.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(place.dataDir, 'accounts.json'), 'utf8')).not.toContain(added.token);
    expect(await run(['add', 'weather'])).toMatchObject({ code: 2, err: expect.stringContaining('already') });
  });

  it('refuses what no account can have, and says what there is', async () => {
    expect(await run(['add', 'a/b'])).toMatchObject({ code: 2, err: expect.stringContaining('letters, digits') });
    for (const name of ['server', 'all', 'OOCSI_clients']) {
      const err = expect.stringContaining(`The name ${name} is the gateway's own, and can be nobody else's.`);
      expect(await run(['add', name])).toMatchObject({ code: 2, err });
      expect(await run(['add', 'lamp', '--ids', name])).toMatchObject({ code: 2, err });
    }
    const unknown = await run(['add', 'lamp', '--role', 'boss']);
    expect(unknown).toMatchObject({ code: 2, err: expect.stringMatching(/no role "boss"; there are admin.*member/) });
    expect((await run(['show', 'lamp'])).err).toContain(
      'There is no account lamp: crosscomm account list shows which there are. [CALL_INVALID]',
    );
  });

  it('takes a password from standard input alone, and shows neither it nor its hash', async () => {
    const password = secretPassword();
    const { code, out } = await run(['add', 'anna', '--password-stdin', '--json'], `${password}\n`);
    expect(code).toBe(0);
    expect(out).not.toContain(password);
    const shown = await run(['show', 'anna', '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ account: 'anna', roles: ['member'], hasPassword: true });
    expect(shown.out).not.toContain('scrypt');
    expect(shown.out).not.toContain(password);
    expect(await json('password', 'anna', '--none')).toMatchObject({ hasPassword: false });
    expect(await run(['password', 'anna'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('--password-stdin'),
    });
    expect((await run(['password', 'anna', '--password-stdin'], secretPassword())).out).toContain('has a new password');
  });

  it('gives and revokes tokens', async () => {
    await json('add', 'many');
    const added = await json('token', 'many', '--label', 'roof');
    expect(added).toEqual({ account: 'many', token: expect.any(String), id: expect.any(String) });
    expect((await json('show', 'many')).tokens).toHaveLength(2);
    expect((await json('token', 'many', '--revoke', String(added.id))).tokens).toHaveLength(1);
    expect((await run(['token', 'many', '--revoke', 'none'])).err).toContain('has no token none');
    expect((await json('token', 'many', '--revoke', 'all')).tokens).toEqual([]);
  });

  it('revokes the access keys of an account that is removed, so that they are of none that gets its name', async () => {
    await json('add', 'shelf');
    const keys = async (): Promise<string> => (await place.run(['oss-keys', 'list'])).out;
    expect(await place.run(['oss-keys', 'create', 'scanner', '--account', 'shelf'])).toMatchObject({ code: 0 });
    expect(await keys()).toMatch(/ shelf /);
    await json('remove', 'shelf');
    expect(await keys()).not.toContain('shelf');
    await json('add', 'shelf');
    expect(await keys()).not.toContain('shelf');
  });

  it('sets roles, owned ids and the end of an account', async () => {
    await json('add', 'lab');
    expect(await json('roles', 'lab', 'viewer', 'device')).toMatchObject({ roles: ['viewer', 'device'] });
    expect(await json('ids', 'lab', 'esp-*', 'roof')).toMatchObject({ ids: ['esp-*', 'roof'] });
    expect(await json('ids', 'lab', '--remove', 'roof')).toMatchObject({ ids: ['esp-*'] });
    expect(await json('expire', 'lab', '2031-01-31T12:00:00Z')).toMatchObject({ expires: '2031-01-31T12:00:00.000Z' });
    expect(await json('expire', 'lab', 'never')).toMatchObject({ expires: null });
    expect((await run(['expire', 'lab', 'soon'])).err).toContain('"soon" is no time');
  });

  it('lists accounts and removes them', async () => {
    await json('add', 'short');
    expect((await run(['list'])).out).toMatch(/^short +member +never +1 token$/m);
    expect((await run(['list', '--json'])).out).toContain('"account":"short"');
    expect((await run(['remove', 'short'])).out).toBe('Removed the account short.\n');
    expect((await run(['list', '--json'])).out).not.toContain('"short"');
    expect((await run(['remove', 'short'])).code).toBe(2);
  });
}

describe('crosscomm account, where no gateway runs', () => {
  beforeAll(() => {
    place = new Place();
  });
  afterAll(() => place.dispose());

  behaviours();

  it('makes no folder to look into, and says where no gateway was', async () => {
    const listed = await place.runAs({}, ['account', 'list', '--data-dir', 'nowhere']);
    expect(listed).toMatchObject({ code: 0, err: '', out: expect.stringContaining('There is no account yet') });
    expect(existsSync(join(place.folder, 'nowhere'))).toBe(false);
    expect((await place.runAs({}, ['account', 'list'])).err).toContain('No gateway has run with the data folder');
  });

  it('does not take accounts of this machine for those of another, which is named and does not answer', async () => {
    const port = await ownPort();
    const missing = { code: 2, out: '', err: expect.stringContaining('GATEWAY_UNREACHABLE') };
    expect(await place.runAs({}, ['account', 'list', '--url', `127.0.0.1:${port}`])).toMatchObject(missing);
    const env = { CROSSCOMM_URL: `127.0.0.1:${port}` };
    expect((await place.runAs(env, ['account', 'list', '--data-dir', place.dataDir])).code).toBe(0);
    // One of this machine that does not run has its accounts in its data folder.
    expect((await place.runAs(env, ['role', 'list'])).code).toBe(0);
  });

  it('leaves no lock and no part of a file behind', () => {
    expect(existsSync(join(place.dataDir, 'accounts.lock'))).toBe(false);
    expect(existsSync(join(place.dataDir, 'accounts.json.new'))).toBe(false);
  });

  it('adds the first account of a gateway that will not start for others without one', async () => {
    const fresh = mkdtempSync(join(tmpdir(), 'crosscomm-first-'));
    onTestFinished(() => rmSync(fresh, { recursive: true }));
    const file = join(fresh, 'crosscomm.yaml');
    writeFileSync(file, 'dataDir: data\nmqtt: {host: 0.0.0.0}\n');
    const call = async (...argv: string[]): Promise<[number, string]> => {
      const shell = new TestShell();
      return [await shell.run(...argv), shell.stderr.text];
    };
    expect(await call('config', 'check', file)).toEqual([2, expect.stringContaining('crosscomm account add NAME')]);
    expect(await call('account', 'add', 'boss', '--role', 'admin', '--config', file)).toEqual([0, '']);
    expect(await call('config', 'check', file)).toEqual([0, '']);
  });

  it.each(['', '{"version": 1, "accounts": ['])(
    'has a start say that the accounts are damaged, and not that there are none: %j',
    async (text) => {
      const fresh = mkdtempSync(join(tmpdir(), 'crosscomm-damaged-'));
      onTestFinished(() => rmSync(fresh, { recursive: true }));
      writeFileSync(join(fresh, 'crosscomm.yaml'), 'dataDir: data\nhttp: {host: 0.0.0.0}\n');
      mkdirSync(join(fresh, 'data'));
      writeFileSync(join(fresh, 'data', 'accounts.json'), text);
      const shell = new TestShell({ cwd: fresh });
      expect(await shell.run('start', '--config', 'crosscomm.yaml')).not.toBe(0);
      expect(shell.stderr.text).toMatch(/accounts\.json cannot be read: .*DATA_DAMAGED/s);
    },
  );

  it('lets two commands at once both have their way', async () => {
    const names = ['one', 'two', 'three', 'four'];
    await Promise.all(names.map((name) => json('add', name)));
    const { out } = await run(['list']);
    for (const name of names) expect(out).toMatch(new RegExp(`^${name} `, 'm'));
  });
});

it("lets no account be lost that is added while a gateway starts, and none of its files be another user's", async () => {
  place = new Place();
  try {
    mkdirSync(place.dataDir);
    // Root may add accounts for a gateway that runs as another user.
    if (process.getuid?.() === 0) chownSync(place.dataDir, 4321, 4321);
    const names = ['one', 'two', 'three', 'four', 'five', 'six'];
    const adding = names.slice(0, 3).map((name) => json('add', name));
    await Promise.all([place.start(), ...adding, ...names.slice(3).map((name) => json('add', name))]);
    const { out } = await run(['list']);
    for (const name of names) expect(out).toMatch(new RegExp(`^${name} `, 'm'));
    expect(statSync(join(place.dataDir, 'accounts.json')).uid).toBe(statSync(place.dataDir).uid);
  } finally {
    await place.dispose();
  }
});

describe('crosscomm account, where a gateway runs', () => {
  beforeAll(async () => {
    place = new Place();
    await place.start();
  });
  afterAll(() => place.dispose());

  behaviours();

  it('says what an account takes from others that is called like a channel', async () => {
    const listener = await mqtt.connectAsync(`mqtt://127.0.0.1:${place.listeners.mqtt.port}`, { clientId: 'desk' });
    onTestFinished(() => listener.endAsync(true));
    await listener.subscribeAsync('door');
    await listener.publishAsync('bell/ring', 'on', { retain: true, qos: 1 });
    await place.run(['role', 'set', 'porter', '--allow', 'send=gate/#']);
    const gate = await run(['add', 'gate', '--json']);
    expect(Object.keys(JSON.parse(gate.out))).toEqual(['account', 'token', 'roles']);
    expect(gate.err).toMatch(/^crosscomm: gate is a channel, too: the role porter has a rule about it\. What is sent/);
    expect((await run(['add', 'door'])).err).toMatch(/door is a channel, too: desk subscribes to it\. .*role admin/);
    expect((await run(['ids', 'gate', 'bell/*'])).err).toMatch(/bell\/ring is a channel, too: a message is retained/);
    expect((await run(['ids', 'gate', 'shutter'])).err).toBe('');
  });

  it('manages accounts and roles from another machine, with the token of an administrator', async () => {
    const { token } = await json('add', 'chief', '--role', 'admin');
    const { token: other } = await json('add', 'lodger');
    const elsewhere = (argv: string[], secret?: unknown): Promise<Ran> =>
      place.runAs(secret === undefined ? {} : { CROSSCOMM_TOKEN: `${secret}` }, [...argv, '--url', place.url]);
    expect(await elsewhere(['role', 'set', 'porch', '--allow', 'send=porch/#'], token)).toMatchObject({ code: 0 });
    expect(await elsewhere(['account', 'add', 'bulb', '--role', 'porch', '--json'], token)).toMatchObject({ code: 0 });
    expect(await json('show', 'bulb')).toMatchObject({ roles: ['porch'] });
    expect((await elsewhere(['account', 'add', 'bulb'], token)).err).toContain('already');
    for (const secret of [other, undefined]) {
      const { code, err } = await elsewhere(['account', 'remove', 'bulb'], secret);
      expect([code, err]).toEqual([expect.any(Number), expect.stringContaining('accounts that may operate')]);
      expect(code).not.toBe(0);
    }
    const named = ['account', 'remove', 'bulb', '--url', place.url, '--data-dir', join(place.folder, 'none')];
    expect(await place.runAs({ CROSSCOMM_TOKEN: `${token}` }, named)).toMatchObject({ code: 0 });
    expect((await run(['show', 'bulb'])).err).toContain('There is no account bulb');
  });

  it('lets nobody else manage accounts, once there is one', async () => {
    await json('add', 'boss', '--role', 'admin');
    const { token } = await json('token', 'boss');
    const { token: other } = await json('add', 'guest');
    const status = async (secret?: unknown): Promise<number> => {
      const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
      return (await fetch(`${place.url}/api/v1/accounts`, { headers })).status;
    };
    expect(await status()).toBe(403);
    expect(await status(other)).toBe(403);
    expect(await status('wrong')).toBe(401);
    expect(await status(token)).toBe(200);
  });
});
