import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NATS_SERVER } from '@crosscomm/testing/nats-server';
import { ownPort } from '@crosscomm/testing/own-port';
import { Place } from '@crosscomm/testing/place';
import { Program } from '@crosscomm/testing/program';
import { secretToken } from '@crosscomm/testing/secrets';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { counted, type Ears, mqttAt, SOON, say, texts, untilHeard } from './kept/support.ts';

// Three real NATS servers with the configuration of docs/cluster-servers.md, and two gateways.

const NAMES = ['north', 'south', 'west'] as const;
const PAGE = new URL('../../../../docs/cluster-servers.md', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'crosscomm-nats-'));
const env = { GATEWAYS_PASSWORD: secretToken(), PROGRAMS_PASSWORD: secretToken() };
const servers = new Map<string, Program>();
const clientPorts = new Map<string, number>(NAMES.map((name) => [name, ownPort()]));
const routes = NAMES.map(() => ownPort());
const places: Place[] = [];
const opened: Ears[] = [];

/** The block of the page, with the addresses of this machine. */
function configurationOf(name: string): string {
  const [, block = ''] = /```conf\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8')) ?? [];
  const at = NAMES.indexOf(name as (typeof NAMES)[number]);
  return block
    .replace('server_name: north', `server_name: ${name}`)
    .replace('0.0.0.0:4222', `127.0.0.1:${clientPorts.get(name)}`)
    .replace('0.0.0.0:6222', `127.0.0.1:${routes[at]}`)
    .replace(/192\.168\.1\.2(\d):6222/g, (_, index) => `127.0.0.1:${routes[Number(index)]}`)
    .replace('/var/lib/nats', join(folder, name));
}

async function start(name: string): Promise<void> {
  const file = join(folder, `${name}.conf`);
  writeFileSync(file, configurationOf(name));
  const server = new Program(name, NATS_SERVER, ['-c', file], { env });
  servers.set(name, server);
  await server.errorLine(/(Server is ready)/);
}

async function kill(...names: string[]): Promise<void> {
  await Promise.all(names.map((name) => servers.get(name)?.stop()));
}

const urls = (): string[] => NAMES.map((name) => `nats://127.0.0.1:${clientPorts.get(name)}`);

beforeAll(async () => {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, env.GATEWAYS_PASSWORD);
  // A new cluster begins when all three have met.
  await Promise.all(NAMES.map(start));
  for (const gateway of ['kitchen', 'hall']) {
    const place = new Place();
    places.push(place);
    await place.start({ cluster: { servers: urls(), gateway, user: 'gateways', passwordFile } });
  }
});
afterAll(async () => {
  for (const { client } of opened) await client.endAsync(true);
  for (const place of places) await place.dispose();
  await kill(...NAMES);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function mqtt(at: 0 | 1, clientId: string, ...filters: string[]): Promise<Ears> {
  const ears = await mqttAt((places[at] as Place).listeners.mqtt.port, { clientId }, ...filters);
  opened.push(ears);
  return ears;
}

/** The server that leads the stream of kept messages, and how many have it. */
async function stream(): Promise<{ leader: string; copies: number }> {
  const connection = await connect({ servers: urls(), user: 'gateways', pass: env.GATEWAYS_PASSWORD });
  try {
    const answer = await connection.request('$JS.API.STREAM.INFO.cc1', undefined, { timeout: 5000 });
    const { config, cluster } = answer.json() as { config: { num_replicas: number }; cluster: { leader: string } };
    return { leader: cluster.leader, copies: config.num_replicas };
  } finally {
    await connection.close();
  }
}

test('what is kept is on three servers', async () => {
  const far = await mqtt(1, 'ear', 'begin/x');
  const { client: mouth } = await mqtt(0, 'mouth');
  await untilHeard(mouth, 'begin/x', far);
  await expect.poll(stream, SOON).toMatchObject({ copies: 3 });
}, 90_000);

test('the server that leads is killed under load, and nothing that is kept is lost, twice or out of order', async () => {
  const far = await mqtt(1, 'far', 'load/x');
  const { client: mouth } = await mqtt(0, 'near');
  await untilHeard(mouth, 'load/x', far);
  // While they choose another one, there is none.
  let leader = '';
  await expect.poll(async () => (leader = (await stream()).leader), SOON).toBeTruthy();
  const during = say(mouth, 'load/x', 0, 2000);
  await kill(leader);
  await during;
  await say(mouth, 'load/x', 2000, 2200);
  await expect.poll(() => counted(far).length, SOON).toBeGreaterThanOrEqual(2200);
  expect(counted(far)).toEqual(texts(0, 2200));
  await start(leader);
}, 120_000);

test('without a majority the rooms go on, and what is kept arrives when there is one again', async () => {
  const far = await mqtt(1, 'patient', 'quorum/x');
  const near = await mqtt(0, 'beside', 'quorum/x');
  const { client: mouth } = await mqtt(0, 'talker');
  await untilHeard(mouth, 'quorum/x', far);
  await say(mouth, 'quorum/x', 0, 100);
  await kill('south', 'west');
  await say(mouth, 'quorum/x', 100, 300, 2);
  await expect.poll(() => counted(near).length, SOON).toBe(300);
  await Promise.all([start('south'), start('west')]);
  await expect.poll(() => counted(far).length, SOON).toBeGreaterThanOrEqual(300);
  expect(counted(far)).toEqual(texts(0, 300));
}, 120_000);

test('another user of the servers may neither say nor hear what gateways say', async () => {
  const connection = await connect({ servers: urls(), user: 'programs', pass: env.PROGRAMS_PASSWORD });
  const refused: string[] = [];
  const listening = (async () => {
    for await (const status of connection.status()) if (status.type === 'error') refused.push(String(status.error));
  })();
  connection.publish('cc.0.kitchen.door', 'open');
  connection.subscribe('cc.>', { callback: () => {} });
  connection.publish('$KV.cc_clients.x', 'x');
  await connection.flush();
  await expect.poll(() => refused.length, SOON).toBe(3);
  for (const each of refused) expect(each).toMatch(/[Pp]ermissions? [Vv]iolation/);
  await connection.close();
  await listening;
});
