import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Place } from '@crosscomm/testing/place';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OwnCertificates } from '../../src/storage/own-certificates.ts';

let place: Place;
const tokens = new Map<string, string>();

/** What programs on this machine may before there is an account. */
let before: { keys: number; tls: number };

beforeAll(async () => {
  place = new Place();
  await place.start({ tls: { auto: true } });
  before = {
    keys: (await ask('GET', 'oss-keys', undefined)).status,
    tls: (await ask('GET', 'tls', undefined)).status,
  };
  for (const role of ['admin', 'member', 'device', 'viewer']) {
    const { out } = await place.run(['account', 'add', role, '--role', role, '--json']);
    tokens.set(role, (JSON.parse(out) as { token: string }).token);
  }
});
afterAll(() => place.dispose());

interface Answer {
  status: number;
  text: string;
  body: Record<string, unknown>;
}

/** `who`: an account; undefined: nobody. */
async function ask(method: string, path: string, who: string | undefined = 'admin', body?: object): Promise<Answer> {
  const token = who === undefined ? undefined : tokens.get(who);
  const response = await fetch(`${place.url}/api/v1/${path}`, {
    method,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: /^\{/.test(text) ? (JSON.parse(text) as Answer['body']) : {} };
}

/** The fingerprint of what clients are shown now. */
function shown(): Promise<string> {
  return new Promise((resolve, reject) => {
    const at = { host: '127.0.0.1', port: place.listeners.http.port, rejectUnauthorized: false };
    const socket = connect(at, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase() ?? '');
      socket.destroy();
    }).on('error', reject);
  });
}

describe('who may', () => {
  it('is everybody on this machine, while there is no account', () => {
    expect(before).toEqual({ keys: 200, tls: 200 });
  });

  it.each([
    ['GET', 'oss-keys'],
    ['POST', 'oss-keys'],
    ['DELETE', 'oss-keys/cc00'],
    ['POST', 'tls/renew'],
  ])('%s %s is for those alone who may operate the gateway', async (method, path) => {
    const statuses = await Promise.all(
      ['member', 'device', 'viewer', undefined].map(
        async (who) => (await ask(method, path, who ?? 'nobody', method === 'POST' ? {} : undefined)).status,
      ),
    );
    expect(statuses).toEqual([403, 403, 403, 403]);
  });

  it('all who may see the gateway are shown its certificates, which nobody keeps secret', async () => {
    for (const who of ['viewer', 'device', 'admin']) {
      expect((await ask('GET', 'tls', who)).status).toBe(200);
      expect((await ask('GET', 'tls/authority', who)).status).toBe(200);
    }
  });
});

describe('/api/v1/oss-keys', () => {
  it('makes a key, shows its secret once, and revokes it', async () => {
    const wanted = { name: 'camera', account: 'device', prefix: 'cam/' };
    const made = await ask('POST', 'oss-keys', 'admin', wanted);
    const { host, port } = place.listeners.oss ?? {};
    expect(made).toMatchObject({
      status: 201,
      body: { ...wanted, bucket: 'crosscomm', listener: { host, port, tls: 'accepted' } },
    });
    const { id, secret } = made.body as { id: string; secret: string };
    expect(secret).toMatch(/^[0-9a-f]{40}$/);
    const list = await ask('GET', 'oss-keys');
    expect(list.body.keys).toEqual([{ id, ...wanted, createdMs: expect.any(Number) }]);
    expect(list.text).not.toContain(secret);
    expect((await ask('DELETE', `oss-keys/${id}`)).status).toBe(204);
    expect(await ask('DELETE', `oss-keys/${id}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'PEER_NOT_FOUND' } },
    });
    expect((await ask('GET', 'oss-keys')).body.keys).toEqual([]);
  });

  it.each([
    ['an account that is not there', { account: 'ben' }, 'There is no account ben.'],
    ['an empty prefix', { prefix: '' }, 'prefix'],
    ['a key that is not known', { acount: 'device' }, 'acount'],
    ['a name that is no text', { name: 7 }, 'name'],
  ])('makes none for %s, and says why', async (_, body, said) => {
    const answer = await ask('POST', 'oss-keys', 'admin', body);
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(said)]);
    expect((await ask('GET', 'oss-keys')).body.keys).toEqual([]);
  });
});

describe('/api/v1/tls', () => {
  it('says what clients are shown, for which names, until when, and where', async () => {
    const { body } = await ask('GET', 'tls', 'viewer');
    expect(body).toMatchObject({
      mode: 'auto',
      authority: { isAuthority: true },
      certificate: { isAuthority: false, names: expect.arrayContaining(['localhost', '127.0.0.1']) },
      problems: [],
    });
    const { listeners, certificate } = body as {
      listeners: object[];
      certificate: { fingerprint: string; validToMs: number };
    };
    expect(certificate.fingerprint).toBe(await shown());
    expect(certificate.validToMs).toBeGreaterThan(Date.now());
    const { http, mqttTls } = place.listeners as Record<string, { port: number }>;
    expect(listeners).toEqual(
      expect.arrayContaining([
        { listener: 'http', port: http?.port, tls: 'accepted' },
        { listener: 'mqttTls', port: mqttTls?.port, tls: 'required' },
      ]),
    );
  });

  it('renews the certificate, which is in use when the answer comes, and the authority where that is asked for', async () => {
    const first = (await ask('GET', 'tls')).body;
    const renewed = (await ask('POST', 'tls/renew', 'admin', {})).body as { certificate: { fingerprint: string } };
    expect(await shown()).toBe(renewed.certificate.fingerprint);
    expect(renewed).toMatchObject({ authority: first.authority });
    expect(renewed.certificate).not.toEqual(first.certificate);
    const all = (await ask('POST', 'tls/renew', 'admin', { authority: true })).body;
    expect(all.authority).not.toEqual(first.authority);
    const pem = await ask('GET', 'tls/authority', 'viewer');
    const { fingerprint256 } = new X509Certificate(pem.text);
    expect(all.authority).toMatchObject({ fingerprint: fingerprint256.replaceAll(':', '').toLowerCase() });
    expect(await (await fetch(`${place.url}/ca.crt`)).text()).toBe(pem.text);
    expect((await ask('POST', 'tls/renew', 'admin', { authority: 'yes' })).status).toBe(400);
  });
});

describe('commands', () => {
  it('ask the gateway that --url names, with a token, and leave the folders of their own machine alone', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'crosscomm-'));
    const run = async (who: string, ...argv: string[]) => {
      const shell = new TestShell({ cwd, env: { CROSSCOMM_TOKEN: tokens.get(who) } });
      return { code: await shell.run(...argv, '--url', place.url), out: shell.stdout.text, err: shell.stderr.text };
    };
    try {
      const made = await run('admin', 'oss-keys', 'create', 'far', '--account', 'device');
      expect(made).toMatchObject({ code: 0, out: expect.stringContaining(`:${place.listeners.oss?.port}\n`) });
      const [key] = (await ask('GET', 'oss-keys')).body.keys as { id: string; name: string }[];
      expect([key?.name, (await run('admin', 'oss-keys', 'list', '--json')).out]).toEqual([
        'far',
        expect.stringContaining(`"id":"${key?.id}","name":"far","account":"device"`),
      ]);
      expect(await run('admin', 'oss-keys', 'create', '--account', 'ben')).toMatchObject({
        code: 2,
        err: expect.stringContaining('no account ben. [CALL_INVALID]'),
      });
      expect(await run('member', 'oss-keys', 'revoke', key?.id ?? '')).toMatchObject({ code: 1 });
      expect(await run('admin', 'oss-keys', 'revoke', key?.id ?? '')).toMatchObject({ code: 0 });
      expect((await run('admin', 'oss-keys', 'revoke', key?.id ?? '')).code).toBe(2);
      const { fingerprint } = JSON.parse((await run('admin', 'tls', 'renew', '--json')).out) as { fingerprint: string };
      expect(await shown()).toBe(fingerprint);
      expect(JSON.parse((await run('viewer', 'tls', 'show', '--json')).out)).toMatchObject({
        certificate: { fingerprint },
      });
      expect((await run('viewer', 'tls', 'show')).out).toMatch(/Listeners\n {2}http +\d+ {2}with TLS and without/);
      expect((await run('viewer', 'tls', 'export')).out).toBe((await ask('GET', 'tls/authority')).text);
      expect((await run('viewer', 'tls', 'export', '--qr')).out).toContain(`:${place.listeners.http.port}/ca.crt`);
      expect((await run('viewer', 'tls', 'renew')).err).toContain('[PEER_NOT_ALLOWED]');
      expect(readdirSync(cwd)).toEqual([]);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  });
});

describe('a gateway with a certificate of its own', () => {
  it('renews only the authority of its clients, and does not know the one of the certificate', async () => {
    const here = new Place();
    try {
      const own = new OwnCertificates(join(here.folder, 'other'), 'other');
      await own.makeServer({ names: ['localhost'], nowMs: Date.now() });
      const pair = own.pathOf('server');
      await here.start({ tls: { certificate: pair, key: pair } });
      const { out } = await here.run(['tls', 'show', '--json', '--url', here.url]);
      expect(JSON.parse(out)).toMatchObject({ mode: 'files', certificate: { names: ['localhost'] } });
      const refused = await fetch(`${here.url}/api/v1/tls/renew`, { method: 'POST' });
      expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('replace ')]);
      const { code, err } = await here.run(['tls', 'renew', '--authority', '--url', here.url]);
      expect([code, err]).toEqual([0, expect.stringContaining('crosscomm account certificate')]);
    } finally {
      await here.dispose();
    }
  });
});
