import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NATS_SERVER } from '@crosscomm/testing/nats-server';
import { ownPort } from '@crosscomm/testing/own-port';
import { Place } from '@crosscomm/testing/place';
import { Program } from '@crosscomm/testing/program';
import { connect } from '@nats-io/transport-node';
import { afterAll, expect, test } from 'vitest';

// A cluster of two real NATS servers, to which a third one comes.

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

test('all that gateways share is there with two servers, and on three of them as soon as three have met', async () => {
  await Promise.all([start(0), start(1)]);
  const cluster = { servers: [`nats://127.0.0.1:${clientPorts[0]}`], gateway: 'hall', accounts: true };
  await place.start({ cluster });
  await expect.poll(() => copies().catch(() => ({})), SOON).toEqual(each(1));
  await start(2);
  await expect.poll(() => copies().catch(() => ({})), SOON).toEqual(each(3));
}, 70_000);
