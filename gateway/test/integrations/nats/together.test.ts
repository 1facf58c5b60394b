import { CrossCommService } from '@crosscomm/client';
import { CuttableWay, NatsServer } from '@crosscomm/testing/nats-server';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place } from '@crosscomm/testing/place';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, expect, test } from 'vitest';

// Three gateways, which know one another by a real NATS server only; what is said at one is heard at the others.

const SOON = { timeout: 20_000, interval: 20 };
const NAMES = ['kitchen', 'hall', 'attic'] as const;
let server: NatsServer;
let way: CuttableWay;
const places = new Map<string, Place>();
const clients: { end(): unknown }[] = [];

beforeAll(async () => {
  server = await NatsServer.start();
  way = await CuttableWay.open(server.port);
  for (const gateway of NAMES) {
    const place = new Place();
    places.set(gateway, place);
    await place.start({ cluster: { servers: [gateway === 'attic' ? way.url : server.url], gateway } });
  }
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  for (const place of places.values()) await place.dispose();
  await way.close();
  await server.stop();
});

const at = (name: (typeof NAMES)[number]): Place => places.get(name) as Place;

async function mqttAt(name: (typeof NAMES)[number], clientId: string, ...filters: string[]) {
  const { port } = at(name).listeners.mqtt;
  const client: MqttClient = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId, protocolVersion: 5 });
  clients.push({ end: () => client.endAsync(true) });
  const heard: string[] = [];
  client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  if (filters.length > 0) await client.subscribeAsync(filters);
  return { client, heard };
}

let tries = 0;

/** Says things at `say` until one is heard, as whoever subscribes is known elsewhere a moment later. */
async function untilHeard(say: (text: string) => unknown, heard: string[]): Promise<void> {
  const own = `try-${++tries}`;
  await expect
    .poll(async () => {
      await say(own);
      return heard.some((text) => text.includes(own));
    }, SOON)
    .toBe(true);
}

/** All that was heard but those. */
function real(heard: readonly string[]): string[] {
  return heard.filter((text) => !text.includes('try-'));
}

test('what is published at one is heard once at another, by whatever protocol and filter', async () => {
  const lamp = await mqttAt('hall', 'lamp', 'lamps/#', 'lamps/+', 'lamps/1');
  const program = new CrossCommService({ clientId: 'program', url: `${at('attic').url.replace('http', 'ws')}` });
  clients.push({ end: () => program.logout() });
  const heard: string[] = [];
  await program.login();
  await program.subscribe(['lamps/1'], (content) => {
    heard.push(JSON.stringify(content));
  });
  const { client } = await mqttAt('kitchen', 'switch');
  const say = (text: string) => client.publishAsync('lamps/1', text);
  await untilHeard(say, heard);
  await untilHeard(say, lamp.heard);
  await client.publishAsync('lamps/1', '{"on":false}');
  await client.publishAsync('lamps/2', 'end');
  await expect.poll(() => real(lamp.heard), SOON).toEqual(['lamps/1 {"on":false}', 'lamps/2 end']);
  await expect.poll(() => real(heard), SOON).toEqual(['{"on":false}']);
});

test('a private channel and the names of the gateway stay at home', async () => {
  const den = await OocsiClient.connect(at('hall').listeners.oocsi.port, 'den-owner');
  clients.push({ end: () => den.socket.destroy() });
  den.send('subscribe den:secret');
  const all = await mqttAt('hall', 'hall-ears', '#');
  const attic = await mqttAt('attic', 'attic-ears', '#');
  const { client } = await mqttAt('kitchen', 'kitchen-mouth');
  await untilHeard((text) => client.publishAsync('open', text), all.heard);
  await untilHeard((text) => client.publishAsync('open', text), attic.heard);
  // Each of the others knows by itself who wants what.
  await untilHeard((text) => den.send(`sendraw open {"a":"${text}"}`), attic.heard);
  den.send('sendraw den:secret {"a":1}');
  den.send('sendraw open {"a":2}');
  await expect.poll(() => real(attic.heard), SOON).toEqual(['open {"a":2}']);
});

test('while the link is cut each room goes on by itself, and afterwards all are together again', async () => {
  const ears = await mqttAt('attic', 'ears', 'cut/#');
  const mouth = await mqttAt('kitchen', 'mouth');
  const neighbour = await mqttAt('attic', 'neighbour');
  const say = (text: string) => mouth.client.publishAsync('cut/a', text);
  await untilHeard(say, ears.heard);
  await way.cut();
  await neighbour.client.publishAsync('cut/a', 'near');
  await expect.poll(() => real(ears.heard), SOON).toEqual(['cut/a near']);
  await say('lost');
  await way.mend();
  await untilHeard(say, ears.heard);
});

test('the command and the API say which others are there, and a gateway that stops is gone at once', async () => {
  const place = new Place();
  const { url } = server;
  await place.start({ cluster: { servers: [url], gateway: 'guest' } });
  const seen = async (from: Place) => (await from.run(['cluster', 'status'])).out;
  await expect.poll(() => seen(at('hall')), SOON).toMatch(/^Gateway hall\nConnected to .*\n(.*\n)+guest {2,}\d/);
  const { gateways, link } = JSON.parse((await place.run(['cluster', 'status', '--json'])).out);
  expect(gateways.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining([...NAMES]));
  expect(link).toMatchObject({ isUp: true, fault: null });
  expect((await place.run(['status'])).out).toMatch(/^Links +cluster \S+ +connected$/m);
  await place.dispose();
  await expect.poll(() => seen(at('hall')), { ...SOON, timeout: 4000 }).not.toContain('guest');
});

test('a gateway of no cluster says so, and one without a server that it cannot reach it', async () => {
  const alone = new Place();
  await alone.start();
  expect(await alone.run(['cluster', 'status'])).toMatchObject({ code: 0, out: expect.stringContaining('is alone') });
  await alone.dispose();
  const lost = new Place();
  await lost.start({ cluster: { servers: ['nats://127.0.0.1:9'], gateway: 'lost' } });
  const { code, out } = await lost.run(['cluster', 'status']);
  expect([code, out]).toEqual([1, expect.stringMatching(/^Gateway lost\nNot connected since .*: /)]);
  const { problems, links } = JSON.parse((await lost.run(['status', '--json'])).out);
  expect(links).toEqual([{ name: 'cluster', peer: null, fault: expect.any(String) }]);
  expect(problems[0].sentence).toMatch(/^This gateway is not connected to the others: /);
  await lost.dispose();
});
