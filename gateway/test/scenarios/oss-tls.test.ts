import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Place } from '@crosscomm/testing/place';
import { Program } from '@crosscomm/testing/program';
import { PYTHON } from '@crosscomm/testing/python';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const OWN = { allow: ['upload', 'read'], topics: ['own/#'] };
const AGENT = join(import.meta.dirname, '../../testing/python/oss_agent.py');
const TIMEOUT_MS = 60_000;

/** What ali-oss does with keys from its environment, in a Node that trusts the gateway's authority. It does nothing without a key. */
const ALI_OSS = `
  import OSS from 'ali-oss';
  const { ENDPOINT: endpoint, ID: accessKeyId, SECRET: accessKeySecret } = process.env;
  const of = (secret) =>
    new OSS({ endpoint, bucket: 'crosscomm', region: 'cn-anywhere', accessKeyId, accessKeySecret: secret, sldEnable: true, authorizationV4: true });
  const codeOf = (promise) => promise.then(() => 'fine', ({ code }) => code);
  const right = of(accessKeySecret);
  await right.put('own/2', Buffer.from('by TLS'));
  const got = (await right.get('own/2')).content.toString();
  console.log(JSON.stringify([got, await codeOf(right.get('other/1')), await codeOf(of('wrong').get('own/2'))]));
`;

const place = new Place();
let where: { endpoint: string; bucket: string; region: string; id: string; secret: string; version: string };
let caFile: string;

beforeAll(async () => {
  await place.start({ tls: { auto: true, required: ['oss'] }, auth: { roles: { own: [OWN] } } });
  await place.run(['account', 'add', 'anna', '--role', 'own']);
  const { out } = await place.run(['oss-keys', 'create', 'camera', '--account', 'anna']);
  const value = (name: string): string => new RegExp(`${name}='?([^'\\s]+)`).exec(out)?.[1] ?? '';
  const endpoint = `https://localhost:${(place.listeners.oss as { port: number }).port}`;
  const key = { id: value('OSS_ACCESS_KEY_ID'), secret: value('OSS_ACCESS_KEY_SECRET') };
  where = { endpoint, bucket: 'crosscomm', region: 'cn-anywhere', ...key, version: 'v4' };
  caFile = join(place.dataDir, 'tls', 'ca.crt');
});
afterAll(() => place.dispose());

describe('by TLS, with the access key of an account', () => {
  it('ali-oss does what the account may, and is refused with a wrong key', async () => {
    const { endpoint: ENDPOINT, id: ID, secret: SECRET } = where;
    const env = { ...process.env, ENDPOINT, ID, SECRET, NODE_EXTRA_CA_CERTS: caFile };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', ALI_OSS], { env });
    expect(JSON.parse(stdout)).toEqual(['by TLS', 'AccessDenied', 'SignatureDoesNotMatch']);
  });

  it('oss2 does what the account may, and is refused with a wrong key or none', { timeout: TIMEOUT_MS }, async () => {
    const python = new Program('oss2', PYTHON, ['-u', AGENT], { env: { REQUESTS_CA_BUNDLE: caFile } });
    try {
      python.command({ do: 'oss2_rights', ...where });
      expect(await python.take('done', {}, TIMEOUT_MS)).toMatchObject({
        read: 'own',
        refused: Array(5).fill('AccessDenied'),
        wrong: 'SignatureDoesNotMatch',
        none: 'AccessDenied',
      });
    } finally {
      await python.stop();
    }
  });
});
