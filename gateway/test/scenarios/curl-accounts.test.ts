import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { secretPassword } from '@crosscomm/testing/secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeToken } from '../../src/access/tokens.ts';
import { type RunningGateway, startGateway } from '../../src/app/start-gateway.ts';

const PASSWORD = secretPassword();
const [boss, lena] = [makeToken(), makeToken()];
let dataDir: string;
let gateway: RunningGateway;
let urls: { plain: string; tls: string };

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-curl-'));
  await saveAccounts(dataDir, [
    accountOf('boss', { roles: ['admin'], token: boss, password: PASSWORD }),
    accountOf('lena', { roles: ['left'], token: lena, password: PASSWORD }),
  ]);
  const port = { host: '127.0.0.1', port: 0 };
  gateway = await startGateway({
    ...{ dataDir, http: port, oss: port, serial: { autoDetect: false } },
    ...{ oocsi: { ...port, tlsPort: 0 }, mqtt: { ...port, tlsPort: 0 } },
    tls: { auto: true },
    auth: {
      anonymous: 'deny',
      roles: { left: [{ allow: ['send', 'subscribe', 'upload', 'read'], topics: ['left', 'cross_comm/%a/#'] }] },
    },
  });
  const { port: http } = gateway.doors.http;
  urls = { plain: `http://localhost:${http}`, tls: `https://localhost:${http}` };
  await writeFile(join(dataDir, 'a.txt'), 'hello');
});
afterAll(async () => {
  await gateway.stop();
  await rm(dataDir, { recursive: true, maxRetries: 5 });
});

const CA = (): string[] => ['--cacert', join(dataDir, 'tls', 'ca.crt')];

/** What curl prints, and behind it the status. */
async function curl(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('curl', ['-sS', '-w', ' %{http_code}', ...CA(), ...args]);
  return stdout;
}

const json = ['-H', 'Content-Type: application/json'];

describe.each(['plain', 'tls'] as const)('curl (%s)', (how) => {
  it('is let in by a token or a password, and by nothing else', async () => {
    const status = (...args: string[]): Promise<string> => curl('-o', '/dev/null', ...args, `${urls[how]}/status`);
    const right = [
      ['-u', `:${lena}`],
      ['-u', `lena:${lena}`],
      ['-u', `lena:${PASSWORD}`],
    ];
    for (const args of [...right, ['-H', `Authorization: Bearer ${lena}`]]) expect(await status(...args)).toBe(' 200');
    const wrong = [['-u', 'lena:wrong'], ['-u', `boss:${lena}`], ['-H', `Authorization: Bearer ${makeToken()}`], []];
    for (const args of wrong) expect(await status(...args)).toBe(' 401');
  });

  it('sends, uploads and reads what the rules allow', async () => {
    const as = ['-u', `:${lena}`];
    const body = ['-d', '{"sender":"lena"}', ...json];
    expect(await curl(...as, ...body, `${urls[how]}/send/left`)).toMatch(/ 200$/);
    expect(await curl(...as, ...body, `${urls[how]}/send/right`)).toMatch(/PEER_NOT_ALLOWED.* 403$/);
    expect(await curl(...body, `${urls[how]}/send/left`)).toMatch(/ 401$/);
    const put = ['-T', join(dataDir, 'a.txt')];
    const stored = await curl(...as, ...put, `${urls[how]}/objects/a.txt?from=lena`);
    expect(stored).toMatch(/ 201$/);
    const { key } = JSON.parse(stored.replace(/ 201$/, '')) as { key: string };
    expect(await curl(...as, `${urls[how]}/objects/${key}`)).toBe('hello 200');
    expect(await curl(`${urls[how]}/objects/${key}`)).toMatch(/ 401$/);
    expect(await curl(...as, ...put, `${urls[how]}/objects/a.txt?from=free`)).toMatch(/ 403$/);
    const listed = await curl(...as, `${urls[how]}/api/v1/objects`);
    const { objects } = JSON.parse(listed.replace(/ 200$/, '')) as { objects: { key: string; url: string }[] };
    const url = objects.find((each) => each.key === key)?.url ?? '';
    expect(url).toContain(`${urls[how]}/objects/`);
    expect(await curl(url)).toBe('hello 200');
    expect(await curl(...as, `${urls[how]}/operator`)).toMatch(/ 403$/);
    expect(await curl('-u', `:${boss}`, `${urls[how]}/operator`)).toMatch(/ 200$/);
  });

  it('signs in with a cookie, and out again', async () => {
    const jar = ['-b', join(dataDir, `jar-${how}`), '-c', join(dataDir, `jar-${how}`)];
    const body = ['-d', JSON.stringify({ account: 'lena', password: PASSWORD }), ...json];
    const head = await curl('-D', '-', ...jar, ...body, `${urls[how]}/api/v1/session`);
    expect(/set-cookie: .*/i.exec(head)?.[0].includes('; Secure')).toBe(how === 'tls');
    expect(await curl(...jar, `${urls[how]}/api/v1/session`)).toMatch(/"account":"lena".* 200$/);
    expect(await curl(...jar, '-X', 'DELETE', `${urls[how]}/api/v1/session`)).toBe(' 204');
    expect(await curl(...jar, `${urls[how]}/api/v1/session`)).toMatch(/ 401$/);
  });

  it('is told no more of a stream after its token was revoked', async () => {
    const added = await curl('-u', `:${boss}`, '-d', '{}', ...json, `${urls[how]}/api/v1/accounts/lena/tokens`);
    const { token, id } = JSON.parse(added.replace(/ 201$/, '')) as { token: string; id: string };
    const stream = spawn('curl', ['-sSN', ...CA(), '-u', `:${token}`, `${urls[how]}/subscribe/left`]);
    await once(stream.stdout, 'data');
    const ended = once(stream, 'close') as Promise<[code: number | null]>;
    const path = `${urls[how]}/api/v1/accounts/lena/tokens/${id}`;
    expect(await curl('-u', `:${boss}`, '-X', 'DELETE', path)).toMatch(/ 20[04]$/);
    const [code] = await ended;
    expect(code).toBe(0);
  });
});
