import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { isLong } from '@crosscomm/testing/long-runs';
import { NATS_SERVER } from '@crosscomm/testing/nats-server';
import { ownPort } from '@crosscomm/testing/own-port';
import { Place } from '@crosscomm/testing/place';
import { Program } from '@crosscomm/testing/program';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, expect, test } from 'vitest';
import { silentLog } from '../../../src/common/log.ts';
import { Copies } from '../../../src/integrations/nats/copies.ts';

// What JetStream answers is scripted in the first test, as a real cluster takes seconds to agree. In the long form, two real servers are a cluster, to
// which a third one comes.

const folder = mkdtempSync(join(tmpdir(), 'crosscomm-nats-'));
const clientPorts = [ownPort(), ownPort(), ownPort()];
const routePorts = [ownPort(), ownPort(), ownPort()];
const servers: Program[] = [];
const place = new Place();
const SOON = { timeout: 30_000, interval: 50 };

afterAll(async () => {
  await place.dispose();
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts a server that knows the first two. */
async function start(at: number): Promise<void> {
  const routes = routePorts.slice(0, 2).map((port) => `nats://127.0.0.1:${port}`);
  const args = [
    ...['--name', `server-${at}`, '--addr', '127.0.0.1', '--port', String(clientPorts[at])],
    ...['--jetstream', '--store_dir', join(folder, String(at)), '--cluster_name', 'copies'],
    ...['--cluster', `nats://127.0.0.1:${routePorts[at]}`, '--routes', routes.join(',')],
  ];
  const server = new Program(`nats-server ${at}`, NATS_SERVER, args);
  servers.push(server);
  await server.errorLine(/(Server is ready)/);
}

/** How many copies there are of each stream. */
async function copies(): Promise<Record<string, number>> {
  const connection = await connect({ servers: `nats://127.0.0.1:${clientPorts[0]}` });
  try {
    const answer = await connection.request('$JS.API.STREAM.LIST', undefined, { timeout: 5000 });
    const { streams } = answer.json() as { streams: { config: { name: string; num_replicas: number } }[] | null };
    return Object.fromEntries((streams ?? []).map(({ config }) => [config.name, config.num_replicas]));
  } finally {
    await connection.close();
  }
}

const each = (count: number) => ({
  ...{ cc1: count, KV_cc_gateways: count, KV_cc_clients: count },
  ...{ KV_cc_accounts: count, KV_cc_retained: count, KV_cc_scheduled: count },
});

/** Servers that answer what JetStream does: whether they take three copies of a stream, and how many it has. */
function scripted(copiesOf: Record<string, number>) {
  const servers = { areThree: false, asked: 0 };
  const answer = (what: object) => ({ data: Buffer.from(JSON.stringify(what)) });
  const request = async (subject: string, payload: Uint8Array) => {
    const [, , , what, name = ''] = subject.split('.');
    const tooFew = { error: { code: 400, err_code: 10_074, description: 'replicas > 1 not supported' } };
    if (what === 'UPDATE') {
      servers.asked++;
      if (!servers.areThree) return answer(tooFew);
      copiesOf[name] = JSON.parse(Buffer.from(payload).toString()).num_replicas;
    }
    return answer({ config: { name, num_replicas: copiesOf[name] }, state: {} });
  };
  const connection = { info: { cluster: 'copies' }, options: {}, request } as unknown as NatsConnection;
  return { connection, servers };
}

test('a stream that has one copy gets three once the servers take that, and one that has three is left alone', async () => {
  const has = { cc1: 1, KV_cc_clients: 3 };
  const { connection, servers } = scripted(has);
  const clock = new FakeClock();
  const kept = new Copies({ clock, log: silentLog, streams: Object.keys(has) });
  kept.linkUp(connection);
  await expect.poll(() => servers.asked).toBe(1);
  expect(has).toEqual({ cc1: 1, KV_cc_clients: 3 });
  servers.areThree = true;
  await expect
    .poll(() => {
      clock.advance(60_000);
      return has;
    })
    .toEqual({ cc1: 3, KV_cc_clients: 3 });
  expect(servers.asked).toBe(2);
  kept.linkDown();
});

if (isLong) {
  test('all that gateways share is there with two servers, and on three of them as soon as three have met', async () => {
    await Promise.all([start(0), start(1)]);
    const cluster = { servers: [`nats://127.0.0.1:${clientPorts[0]}`], gateway: 'hall', accounts: true };
    await place.start({ cluster });
    await expect.poll(() => copies().catch(() => ({})), SOON).toEqual(each(1));
    await start(2);
    await expect.poll(() => copies().catch(() => ({})), SOON).toEqual(each(3));
  }, 70_000);
}
