import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Name, Rooms, SOON } from '../clients/rooms.ts';

// Three gateways, which know one another by a real NATS server only: a scheduled message is sent once, by the gateway that took it, or by another
// one when that is gone for good.

const TAKE_OVER_MS = 1500;
let rooms: Rooms;

beforeAll(async () => {
  rooms = await Rooms.open({}, { takeOverMs: TAKE_OVER_MS });
});
afterAll(() => rooms.close());

async function status(name: Name) {
  const view = (await rooms.get(name, '/api/v1/cluster')) as { scheduled: { waiting: number; untold: number } };
  return view.scheduled;
}

async function schedule(name: Name, channel: string, delayS: number): Promise<void> {
  const program = await rooms.oocsi(name, `scheduler of ${channel}`.replaceAll(/[ /]/g, '-'));
  program.send(`sendraw ${channel} {"late":1,"_DELAY":${delayS}}`);
  await expect.poll(async () => (await status(name)).waiting, SOON).toBeGreaterThan(0);
}

/** Waits until the others know what is scheduled at a gateway. */
async function told(name: Name): Promise<void> {
  await expect.poll(async () => (await status(name)).untold, SOON).toBe(0);
}

const cluster = (name: Name) => ({
  cluster: { servers: [rooms.way(name).url], gateway: name, takeOverMs: TAKE_OVER_MS },
});

test('a delayed message is sent once, by the gateway that took it', async () => {
  const ears = await rooms.mqtt('hall', 'ears', ['bell']);
  await schedule('kitchen', 'bell', 5);
  await told('kitchen');
  expect(await status('kitchen')).toEqual({ waiting: 1, untold: 0, takenOver: 0, fault: null });
  expect((await rooms.at('kitchen').run(['cluster', 'status'])).out).toMatch(/^Scheduled: 1 here, 0 that/m);
  const metrics = await (await fetch(`${rooms.at('kitchen').url}/metrics`)).text();
  expect(metrics).toContain('crosscomm_cluster_scheduled_total{way="told"} 1');
  expect(metrics).toContain('crosscomm_cluster_retained_total{way="told"} 0');
  await expect.poll(() => ears.heard.length, SOON).toBe(1);
  await rooms.mqtt('hall', 'sentinel-sender').then(({ client }) => client.publishAsync('bell', 'end'));
  await expect.poll(() => ears.heard.at(-1), SOON).toBe('bell end');
  expect(ears.heard).toHaveLength(2);
});

test('what waits at a gateway that is gone is sent by another one, and not again when that comes back', async () => {
  const ears = await rooms.mqtt('hall', 'alarm-ears', ['alarm']);
  await schedule('kitchen', 'alarm', 7);
  await told('kitchen');
  await rooms.at('kitchen').stop();
  await expect.poll(() => ears.heard.length, SOON).toBe(1);
  expect(ears.heard[0]).toContain('"late":1');
  await expect.poll(() => status('attic'), SOON).toMatchObject({ takenOver: 1 });
  await rooms.at('kitchen').start(cluster('kitchen'));
  // It is overdue there; the other one has sent it.
  await expect.poll(async () => (await status('kitchen')).waiting, SOON).toBe(0);
  await rooms.mqtt('hall', 'alarm-sender').then(({ client }) => client.publishAsync('alarm', 'end'));
  await expect.poll(() => ears.heard.at(-1), SOON).toBe('alarm end');
  expect(ears.heard).toHaveLength(2);
});

test('a room that is cut off sends what waits there itself, and the others hear it from another gateway, each once', async () => {
  const near = await rooms.mqtt('kitchen', 'near', ['siren']);
  const far = await rooms.mqtt('hall', 'far', ['siren']);
  await schedule('kitchen', 'siren', 7);
  await told('kitchen');
  await rooms.way('kitchen').cut();
  await expect.poll(() => near.heard.length, SOON).toBe(1);
  await expect.poll(() => far.heard.length, SOON).toBe(1);
  await rooms.way('kitchen').mend();
  await told('kitchen');
  const { client } = await rooms.mqtt('hall', 'siren-sender');
  await expect
    .poll(async () => {
      await client.publishAsync('siren', 'end', { qos: 1 });
      return near.heard.at(-1);
    }, SOON)
    .toBe('siren end');
  expect([near, far].map(({ heard }) => heard.filter((text) => text.includes('late')).length)).toEqual([1, 1]);
});
