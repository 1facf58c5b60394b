import { CuttableWay, NatsServer } from '@crosscomm/testing/nats-server';
import { Place } from '@crosscomm/testing/place';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';

// Accounts and roles that are made at one of three gateways hold at all of them, by a real NATS server.

const SOON = { timeout: 20_000, interval: 20 };
const NAMES = ['attic', 'hall', 'kitchen'] as const;
type Name = (typeof NAMES)[number];
let server: NatsServer;
let way: CuttableWay;
const places = new Map<Name, Place>();
const clients: MqttClient[] = [];
const at = (name: Name): Place => places.get(name) as Place;

async function start(name: Name): Promise<void> {
  const cluster = { servers: [name === 'attic' ? way.url : server.url], gateway: name, accounts: true };
  const auth = { anonymous: 'deny', ...(name === 'kitchen' && { roles: { fixed: [{ allow: ['read'] }] } }) };
  await at(name).start({ cluster, auth });
}

beforeAll(async () => {
  server = await NatsServer.start();
  way = await CuttableWay.open(server.port);
  for (const name of NAMES) {
    places.set(name, new Place());
    await start(name);
  }
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.endAsync(true)));
  for (const place of places.values()) await place.dispose();
  await way.close();
  await server.stop();
});

/** Runs a command at a gateway; what it printed as JSON. */
async function run(name: Name, ...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await at(name).run([...argv, '--json']);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Record<string, unknown>;
}

async function add(name: Name, account: string, ...more: string[]): Promise<string> {
  return (await run(name, 'account', 'add', account, ...more)).token as string;
}

async function join(name: Name, username: string, password: string, options: IClientOptions = {}) {
  const { port } = at(name).listeners.mqtt;
  const client = await connectAsync(
    `mqtt://127.0.0.1:${port}`,
    { username, password, clientId: username, reconnectPeriod: 0, ...options },
    false,
  );
  client.on('error', () => {});
  clients.push(client);
  return client;
}

/** Whether a token is let in at a gateway. */
async function letsIn(name: Name, username: string, password: string): Promise<boolean> {
  try {
    const client = await join(name, username, password, { clientId: `${username}-try` });
    await client.endAsync(true);
    return true;
  } catch {
    return false;
  }
}

async function knows(name: Name, account: string): Promise<boolean> {
  return (await at(name).run(['account', 'show', account])).code === 0;
}

test('an account that was made at one gateway joins at all, and its ids are kept for it', async () => {
  const token = await add('hall', 'door', '--role', 'device');
  for (const name of NAMES) await expect.poll(() => letsIn(name, 'door', token), SOON).toBe(true);
  const other = await add('kitchen', 'thief');
  await expect.poll(() => letsIn('attic', 'thief', other), SOON).toBe(true);
  await expect(join('attic', 'thief', other, { clientId: 'door-1' })).rejects.toThrow(/rejected/);
  // What is kept is a hash, here and there.
  expect((await at('attic').run(['account', 'show', 'door', '--json'])).out).not.toContain(token);
});

test('a token that is revoked at one gateway ends its sessions at the others at once', async () => {
  const token = await add('hall', 'guest');
  await expect.poll(() => letsIn('kitchen', 'guest', token), SOON).toBe(true);
  const client = await join('kitchen', 'guest', token);
  const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
  await run('hall', 'account', 'token', 'guest', '--revoke', 'all');
  await closed;
  expect(await letsIn('kitchen', 'guest', token)).toBe(false);
});

test('a role that was made at one gateway gives the same at the others, but for what their configuration says', async () => {
  await run('hall', 'role', 'set', 'reader', '--allow', 'subscribe=open/#');
  await run('hall', 'role', 'set', 'fixed', '--allow', 'operate');
  await expect.poll(async () => (await at('attic').run(['role', 'show', 'reader'])).code, SOON).toBe(0);
  const token = await add('hall', 'eye', '--role', 'reader');
  await expect.poll(() => letsIn('attic', 'eye', token), SOON).toBe(true);
  const client = await join('attic', 'eye', token);
  await client.subscribeAsync('open/1');
  await expect(client.subscribeAsync('shut/1')).rejects.toThrow();
  expect(await run('kitchen', 'role', 'show', 'fixed')).toMatchObject({ source: 'configuration' });
  expect(await run('hall', 'role', 'show', 'fixed')).toMatchObject({ source: 'command' });
});

test('while the link is cut accounts work, and what was changed on both sides is settled by who was later', async () => {
  const token = await add('attic', 'both');
  const status = async () => (await at('attic').run(['cluster', 'status'])).out;
  await expect.poll(() => letsIn('hall', 'both', token), SOON).toBe(true);
  // The servers have said so to the gateway that told it, too.
  await expect.poll(status, SOON).not.toMatch(/changes? waits? for/);
  await way.cut();
  expect(await letsIn('attic', 'both', token)).toBe(true);
  const made = await add('attic', 'cut-off');
  await run('hall', 'account', 'roles', 'both', 'viewer');
  // By then it has its time, which is before that of the other change.
  await expect.poll(() => run('kitchen', 'account', 'show', 'both'), SOON).toMatchObject({ roles: ['viewer'] });
  await run('attic', 'account', 'roles', 'both', 'device');
  expect(await knows('hall', 'cut-off')).toBe(false);
  await expect.poll(status, SOON).toMatch(/shared: 3 changes wait/);
  await way.mend();
  await expect.poll(() => letsIn('hall', 'cut-off', made), SOON).toBe(true);
  for (const name of NAMES) {
    await expect.poll(() => run(name, 'account', 'show', 'both'), SOON).toMatchObject({ roles: ['device'] });
  }
});

test('a token that was revoked in a cut stays revoked, whatever else was changed meanwhile elsewhere', async () => {
  const token = await add('attic', 'lent');
  await expect.poll(() => letsIn('hall', 'lent', token), SOON).toBe(true);
  await way.cut();
  await run('attic', 'account', 'token', 'lent', '--revoke', 'all');
  const second = (await run('hall', 'account', 'token', 'lent')).token as string;
  await run('hall', 'account', 'roles', 'lent', 'viewer');
  await way.mend();
  await expect.poll(() => letsIn('hall', 'lent', token), SOON).toBe(false);
  await expect.poll(() => letsIn('attic', 'lent', second), SOON).toBe(true);
  expect(await letsIn('attic', 'lent', token)).toBe(false);
  for (const name of NAMES) {
    await expect.poll(() => run(name, 'account', 'show', 'lent'), SOON).toMatchObject({ roles: ['viewer'] });
  }
});

test('what is changed while a gateway is off is heard by it, and what was changed there is told', async () => {
  const token = await add('hall', 'old');
  await expect.poll(() => knows('kitchen', 'old'), SOON).toBe(true);
  await at('kitchen').stop();
  await run('hall', 'account', 'remove', 'old');
  const made = await add('kitchen', 'offline');
  expect(await knows('hall', 'old')).toBe(false);
  await start('kitchen');
  await expect.poll(() => letsIn('attic', 'offline', made), SOON).toBe(true);
  await expect.poll(() => knows('kitchen', 'old'), SOON).toBe(false);
  expect(await letsIn('kitchen', 'old', token)).toBe(false);
});
