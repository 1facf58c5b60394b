import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Place, type Ran } from '@crosscomm/testing/place';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const exec = promisify(execFile);
const any = { host: '127.0.0.1', port: 0, tlsPort: 0 };
const CONFIG = { auth: { anonymous: 'deny' }, tls: { auto: true }, mqtt: any, oocsi: any };

let place: Place;

function run(argv: readonly string[]): Promise<Ran> {
  return place.run(['account', 'certificate', ...argv]);
}

/** Whether mosquitto's client, by TLS, gets in with the certificate in this folder. */
async function getsIn(keys: string): Promise<boolean> {
  const { port } = place.listeners.mqttTls as { port: number };
  const [ca, cert, key] = ['ca.crt', 'pump.crt', 'pump.key'].map((name) => join(keys, name)) as [
    string,
    string,
    string,
  ];
  const args = ['-h', '127.0.0.1', '-p', String(port), '--cafile', ca, '--cert', cert, '--key', key, '-t', 'x', '-E'];
  return exec('mosquitto_sub', args).then(
    () => true,
    () => false,
  );
}

describe('crosscomm account certificate', () => {
  beforeAll(() => {
    place = new Place();
  });
  afterAll(() => place.dispose());

  it('issues certificates whether a gateway runs or not, by which a client gets in until they are revoked', async () => {
    await place.run(['account', 'add', 'pump']);
    const [before, after] = [join(place.folder, 'before'), join(place.folder, 'after')];
    expect((await run(['pump', '--out', before])).out).toMatch(/^The certificate [0-9a-f]+ of pump is good until/);
    await place.start(CONFIG);
    expect(await run(['pump', '--out', after, '--days', '30'])).toMatchObject({ code: 0, err: '' });
    expect(statSync(join(after, 'pump.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(place.dataDir, 'accounts.json'), 'utf8')).not.toContain('PRIVATE');
    expect(await Promise.all([getsIn(before), getsIn(after)])).toEqual([true, true]);

    const shown = JSON.parse((await place.run(['account', 'show', 'pump', '--json'])).out) as {
      certificates: { id: string }[];
    };
    const [first] = shown.certificates;
    expect((await run(['pump', '--revoke', String(first?.id)])).code).toBe(0);
    expect(await Promise.all([getsIn(before), getsIn(after)])).toEqual([false, true]);
    expect((await run(['pump', '--revoke', 'all'])).code).toBe(0);
    expect(await getsIn(after)).toBe(false);
  });

  it('prints all of it as JSON, and replaces no private key', async () => {
    const { out } = await run(['pump', '--json']);
    expect(JSON.parse(out)).toMatchObject({
      account: 'pump',
      certificate: expect.stringContaining('BEGIN CERTIFICATE'),
      key: expect.stringContaining('BEGIN PRIVATE KEY'),
      authority: expect.stringContaining('BEGIN CERTIFICATE'),
    });
    const again = await run(['pump', '--out', join(place.folder, 'after')]);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('is there already') });
    expect((await run(['nobody'])).err).toContain('There is no account nobody');
    expect((await run(['pump', '--days', 'many'])).code).toBe(2);
  });
});
