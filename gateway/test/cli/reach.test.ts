import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Place } from '@crosscomm/testing/place';
import { secretPassword } from '@crosscomm/testing/secrets';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outsideAddresses } from '../../src/common/own-addresses.ts';

/** A gateway that lets nobody in without a proof. */
let place: Place;
let token = '';
const PASSWORD = secretPassword();
beforeAll(async () => {
  place = new Place();
  await place.start({ auth: { anonymous: 'deny' } });
  const { out } = await place.run(['account', 'add', 'anna', '--password-stdin', '--json'], PASSWORD);
  ({ token } = JSON.parse(out) as { token: string });
});
afterAll(() => place.dispose());

describe('commands for a gateway that wants a proof', () => {
  it.each([[['status', '--json']], [['uploads', 'list']], [['oss-keys', 'list']], [['send', 'lights', 'on']]])(
    "find the operator's secret in the data folder: %s",
    async (argv) => {
      expect(await place.run(argv)).toMatchObject({ code: 0, err: '' });
    },
  );

  it('are refused without it, and say so', async () => {
    const refused = await place.runAs({ CROSSCOMM_URL: place.url }, ['uploads', 'list']);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('[PEER_NOT_ALLOWED]') });
    expect((await place.runAs({ CROSSCOMM_URL: place.url }, ['send', 'lights', 'on'])).code).toBe(1);
  });

  it('take a token from the environment or from a file', async () => {
    const env = { CROSSCOMM_URL: place.url };
    expect(await place.runAs({ ...env, CROSSCOMM_TOKEN: token }, ['send', 'lights', 'on'])).toMatchObject({ code: 0 });
    writeFileSync(join(place.folder, 'token'), `${token}\n`);
    expect(await place.runAs({ ...env, CROSSCOMM_TOKEN_FILE: 'token' }, ['send', 'lights', 'on'])).toMatchObject({
      code: 0,
    });
    expect((await place.runAs({ ...env, CROSSCOMM_TOKEN: token }, ['uploads', 'list'])).code).toBe(1);
    expect((await place.runAs({ ...env, CROSSCOMM_TOKEN: 'x'.repeat(32) }, ['send', 'lights', 'on'])).code).toBe(1);
  });

  it('take a password with the account that it belongs to', async () => {
    const env = { CROSSCOMM_URL: place.url, CROSSCOMM_TOKEN: PASSWORD };
    expect(await place.runAs(env, ['send', 'lights', 'on', '--account', 'anna'])).toMatchObject({ code: 0 });
    expect((await place.runAs(env, ['send', 'lights', 'on', '--account', 'ben'])).code).toBe(1);
    const asked = await place.runAs({ CROSSCOMM_URL: place.url }, ['send', 'lights', 'on', '--account', 'anna']);
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('must be in CROSSCOMM_TOKEN') });
  });

  it('hear with it, until the token is revoked', async () => {
    const shell = new TestShell({ env: { CROSSCOMM_URL: place.url, CROSSCOMM_TOKEN: token }, cwd: place.folder });
    const listening = shell.run('listen', 'lights', '--json');
    // Subscribed at some time from now on.
    for (let heard: string[] = []; heard.length === 0; ) {
      await place.run(['send', 'lights', 'on']);
      heard = shell.stdout.text.split('\n').slice(0, -1);
    }
    await place.run(['account', 'token', 'anna', '--revoke', 'all']);
    expect(await listening).toBe(2);
    expect(shell.stderr.text).toContain('closed the connection');
  });

  it('lose their connection when the account expires, and get none after a restart', async () => {
    const { out } = await place.run(['account', 'add', 'guest', '--json']);
    const env = { CROSSCOMM_TOKEN: (JSON.parse(out) as { token: string }).token };
    const shell = new TestShell({ env: { ...env, CROSSCOMM_URL: place.url }, cwd: place.folder, terminal: true });
    const listening = shell.run('listen', 'lights');
    while (!shell.stderr.text.includes('Listening')) await new Promise((resolve) => shell.stderr.once('line', resolve));
    await place.run(['account', 'expire', 'guest', '1s']);
    expect(await listening).toBe(2);
    expect(shell.stderr.text).toContain('closed the connection');
    await place.stop();
    await place.start({ auth: { anonymous: 'deny' } });
    expect((await place.runAs({ ...env, CROSSCOMM_URL: place.url }, ['send', 'lights', 'on'])).code).toBe(1);
  });

  it('show the secret to no other gateway than their own', async () => {
    const other = new Place();
    try {
      await other.start();
      const env = { CROSSCOMM_URL: other.url };
      expect((await place.runAs(env, ['status', '--json', '--data-dir', place.dataDir])).code).toBe(0);
      expect((await place.runAs({ CROSSCOMM_URL: place.url }, ['status', '--json'])).err).not.toMatch(
        /[A-Za-z0-9]{32}/,
      );
    } finally {
      await other.dispose();
    }
  });
});

describe('commands for a gateway that listens on one address of its network, by TLS only', () => {
  it('reach it there without TLS, as nothing leaves the machine', async () => {
    const [address] = outsideAddresses();
    const here = new Place();
    try {
      const any = { host: address ?? '127.0.0.1', port: 0 };
      const tls = { auto: true, required: ['http'] };
      const [mqtt, oocsi] = [0, 0].map((tlsPort) => ({ host: '127.0.0.1', port: 0, tlsPort }));
      await here.run(['account', 'add', 'anna']);
      await here.start({ http: any, mqtt, oocsi, tls, auth: { anonymous: 'deny' } });
      for (const argv of [
        ['account', 'list'],
        ['status', '--json'],
        ['send', 'lights', 'on'],
      ]) {
        expect(await here.run(argv)).toMatchObject({ code: 0, err: '' });
      }
    } finally {
      await here.dispose();
    }
  });
});
