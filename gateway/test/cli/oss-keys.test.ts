import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/app/config.ts';
import { createGateway } from '../../src/app/gateway.ts';
import { silentLog } from '../../src/common/log.ts';

const CREATED =
  /^export OSS_ENDPOINT=(\S+)\nexport OSS_BUCKET_NAME=(\S+)\nexport OSS_ACCESS_KEY_ID=(\S+)\nexport OSS_ACCESS_KEY_SECRET=(\S+)\n$/;

/** Where no gateway is, but in the tests that start one. */
let url = 'ws://127.0.0.1:1';
afterEach(() => {
  url = 'ws://127.0.0.1:1';
});

async function run(cwd: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new TestShell({ cwd, env: { CROSSCOMM_URL: url } });
  const code = await shell.run('oss-keys', ...argv);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

describe('crosscomm oss-keys', () => {
  it('creates a key and prints what a client needs, in a file that nobody else may read', async () => {
    const folder = await temporaryFolder();
    const { code, out, err } = await run(folder, 'create', 'desk', '--data-dir', 'data');
    expect(code).toBe(0);
    const [, endpoint, bucket, id, secret] = CREATED.exec(out) ?? [];
    expect([endpoint, bucket]).toEqual(['http://127.0.0.1:9899', 'crosscomm']);
    expect(id).toMatch(/^cc[0-9a-f]{20}$/);
    expect(secret).toMatch(/^[0-9a-f]{40}$/);
    expect(err).toContain('set oss.host');
    expect(err).toContain(`No gateway has run with the data folder ${join(folder, 'data')}`);
    const keys = join(folder, 'data', 'oss-keys');
    expect(statSync(keys).mode & 0o777).toBe(0o700);
    expect(readdirSync(keys).map((name) => statSync(join(keys, name)).mode & 0o777)).toEqual([0o600]);
  });

  it('takes the bucket, the port and the folder from the configuration', async () => {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, 'here', 'state'), { recursive: true });
    writeFileSync(join(folder, 'c.yaml'), 'dataDir: here\noss: {host: 0.0.0.0, port: 9000, bucket: school}\n');
    const { out, err } = await run(folder, 'create', '--config', 'c.yaml');
    const [, endpoint, bucket] = CREATED.exec(out) ?? [];
    expect(endpoint).toMatch(/^http:\/\/\d+\.\d+\.\d+\.\d+:9000$/);
    expect(endpoint).not.toContain('0.0.0.0');
    expect(bucket).toBe('school');
    expect(err).toBe('');
    expect(readdirSync(join(folder, 'here', 'oss-keys'))).toHaveLength(1);
  });

  it('prints what clients of S3 read, if they are meant', async () => {
    const { code, out } = await run(await temporaryFolder(), 'create', '--s3', '--data-dir', 'data');
    expect(code).toBe(0);
    const variables = Object.fromEntries(
      out
        .trim()
        .split('\n')
        .map((line) => line.replace('export ', '').split('=')),
    );
    expect(variables).toEqual({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:9899',
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_BUCKET: 'crosscomm',
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^cc[0-9a-f]{20}$/),
      AWS_SECRET_ACCESS_KEY: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
  });

  it('prints an address that works where the port takes TLS only', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'crosscomm.yaml'), 'tls: {auto: true, required: [oss]}\n');
    expect((await run(folder, 'create')).out).toContain('export OSS_ENDPOINT=https://127.0.0.1:9899\n');
  });

  it('makes keys of accounts, and none of an account that is not there', async () => {
    const folder = await temporaryFolder();
    const shell = new TestShell({ cwd: folder });
    const to = ['--data-dir', 'data'];
    expect(await shell.run('account', 'add', 'anna', ...to)).toBe(0);
    expect((await run(folder, 'create', 'desk', '--account', 'anna', '--prefix', 'desk/', ...to)).code).toBe(0);
    const { out } = await run(folder, 'list', '--json', ...to);
    expect(JSON.parse(out)).toMatchObject({ name: 'desk', account: 'anna', prefix: 'desk/' });
    // Without --data-dir, a gateway is looked for: the account is not the one that asks it.
    writeFileSync(join(folder, 'crosscomm.yaml'), 'dataDir: data\n');
    expect(await run(folder, 'create', 'window', '--account', 'anna')).toMatchObject({
      code: 0,
      out: expect.stringMatching(CREATED),
    });
    const unknown = await run(folder, 'create', '--account', 'ben', ...to);
    expect([unknown.code, unknown.out, unknown.err]).toEqual([2, '', expect.stringContaining('no account ben')]);
  });

  it('lists keys without their secrets, and revokes them', async () => {
    const folder = await temporaryFolder();
    expect((await run(folder, 'list')).out).toContain('There is no key yet');
    const [, , , id = '', secret = ''] = CREATED.exec((await run(folder, 'create', 'desk')).out) ?? [];
    await run(folder, 'create', 'window');
    const listed = await run(folder, 'list', '--json');
    const keys = listed.out.trim().split('\n');
    expect(keys.map((line) => JSON.parse(line).name).sort()).toEqual(['desk', 'window']);
    expect(listed.out).not.toContain(secret);
    expect((await run(folder, 'list')).out).toMatch(new RegExp(`^${id} .*desk$`, 'm'));
    expect(await run(folder, 'revoke', id)).toMatchObject({ code: 0, out: `Revoked ${id}.\n` });
    expect((await run(folder, 'list')).out).not.toContain(id);
    expect(await run(folder, 'revoke', id)).toMatchObject({ code: 2, err: expect.stringContaining('There is no key') });
  });

  it('does not suggest a key in a folder that no gateway uses', async () => {
    const folder = await temporaryFolder();
    const unused = await run(folder, 'list');
    expect(unused.out).toBe('There is no key yet.\n');
    expect(unused.err).toContain('No gateway has run with the data folder');
    mkdirSync(join(folder, 'crosscomm-data', 'state'), { recursive: true });
    const used = await run(folder, 'list');
    expect(used).toMatchObject({ out: 'There is no key yet; crosscomm oss-keys create makes one.\n', err: '' });
  });

  it('revokes nothing but keys', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'precious.json'), '{}');
    expect((await run(folder, 'revoke', '../../precious', '--data-dir', folder)).code).toBe(2);
    expect(readdirSync(folder)).toEqual(['precious.json']);
  });

  it('says what is wrong with the folder', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'data'), 'a file');
    const { code, err } = await run(folder, 'create', '--data-dir', 'data');
    expect(code).toBe(2);
    expect(err).toContain('[DATA_DIR_UNUSABLE]');
  });

  it('makes the key where the gateway that runs reads it, for the port that it has', async () => {
    const folder = await temporaryFolder();
    const anyPort = { host: '127.0.0.1', port: 0 };
    const dataDir = join(folder, 'running');
    const serial = { autoDetect: false };
    const config = configSchema.parse({ dataDir, http: anyPort, oocsi: anyPort, mqtt: anyPort, oss: anyPort, serial });
    const gateway = createGateway(config, { log: silentLog });
    const doors = await gateway.start();
    onTestFinished(() => gateway.stop());
    url = `127.0.0.1:${doors.http.port}`;
    const { code, out, err } = await run(folder, 'create', 'desk');
    expect(code).toBe(0);
    expect(CREATED.exec(out)?.[1]).toBe(`http://127.0.0.1:${doors.oss?.port}`);
    expect(err).toContain(`The gateway that runs has its data in ${dataDir}.`);
    expect(readdirSync(join(dataDir, 'oss-keys'))).toHaveLength(1);
    expect((await run(folder, 'list', '--json')).out).toContain('"name":"desk"');
    expect((await run(folder, 'list', '--data-dir', 'other')).out).toContain('There is no key yet');
  });

  it('fails where the gateway that --url names cannot be asked', async () => {
    const folder = await temporaryFolder();
    const { code, err } = await run(folder, 'create', '--url', '127.0.0.1:1');
    expect(code).toBe(2);
    expect(err).toContain('[GATEWAY_UNREACHABLE]');
    expect(readdirSync(folder)).toEqual([]);
  });
});
