import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { codeFor } from '../gateway/src/shapes/code/code.ts';
import { ShapeBook } from '../gateway/src/shapes/shape-book.ts';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';
import { buildEspSketch } from './host/esp-build.ts';
import { type AvrBoard, startBoard } from './support/avr-board.ts';
import { buildSimulator, buildSketch } from './support/avr-build.ts';
import { type FakeDevices, makeFakeDevices } from './support/fake-devices.ts';
import { LIMITS } from './support/settings.ts';

// A sketch with a header that the gateway wrote answers each message on `in` by the same on `out`, as far as its header knows it.

/** Names that C does not take as they are, two that are the same once they are made fit, and numbers beyond 32 bits. */
const WHOLE = {
  temperature: 21.5,
  class: 43,
  'a-b': true,
  a_b: 'grün?',
  big: 9007199254740000,
  PI: -7,
  '\u{1f600}"': 1,
  door: 'open',
};
const { door, '\u{1f600}"': smile, ...BARE } = WHOLE;
const LATE = { ...BARE, door };
const TOGETHER = [WHOLE, BARE, LATE, { ...BARE, '\u{1f600}"': smile }];

const SKETCH = (link: string, begin: string): string => `
#include <CrossComm.h>
${link}
#include "in.h"
#include "out.h"

CrossComm<256, 256> cc;
OutChannel out;

void onIn(const CrossCommMessage &message) {
  In in;
  if (!in.read(message.value)) {
    cc.send("refused", true);
    return;
  }
  Out answer;
  static_assert(sizeof answer == sizeof in, "two headers of one shape");
  memcpy(static_cast<void *>(&answer), static_cast<const void *>(&in), sizeof in);
  const crosscomm::Result result = out.send(answer);
  if (result != crosscomm::Result::Ok) cc.send("refused", crosscomm::toText(result));
}

void setup() {
  ${begin}
  cc.on("in", onIn);
  out.begin(cc);
}

void loop() { cc.loop(); }
`;

/** Outside of what git sees; the Makefiles remember where a sketch was. */
const FOLDER = join(import.meta.dirname, '../.cache/generated');

const ESP_LINK = `
#include <WiFi.h>
#include <CrossCommWebSocket.h>
WiFiClient wifi;
CrossCommWebSocket<> webSocket(wifi, "192.168.1.10");`;

let uno: string;
let esp: string;
let gateway: GatewayProcess;
let devices: FakeDevices;
let client: MqttClient;
let board: AvrBoard | EspBoard | undefined;
const heard: [topic: string, value: unknown][] = [];

vi.setConfig({ testTimeout: LIMITS.test });

function headerOf(channel: string): string {
  const book = new ShapeBook(new FakeClock());
  for (const body of TOGETHER) book.note({ to: channel, kind: 'dict', body: JSON.stringify(body) });
  const shape = book.of(channel);
  if (shape === undefined) throw new Error('nothing was learnt');
  return codeFor(shape, 'arduino');
}

async function writeSketch(name: string, text: string): Promise<string> {
  const path = join(FOLDER, name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, `${name}.ino`), text);
  for (const channel of ['in', 'out']) await writeFile(join(path, `${channel}.h`), headerOf(channel));
  return path;
}

beforeAll(async () => {
  await buildSimulator();
  uno = await writeSketch('generated-uno', SKETCH('', 'Serial.begin(115200);\n  cc.begin("generated-uno", Serial);'));
  await buildSketch(uno, 'uno');
  esp = await writeSketch(
    'generated-esp',
    SKETCH(ESP_LINK, 'WiFi.begin("network", "password");\n  cc.begin("generated-esp", webSocket);'),
  );
  await buildEspSketch(esp, 'esp32');
  devices = await makeFakeDevices();
  gateway = new GatewayProcess({ serial: { deviceDirectory: devices.directory } }, devices.env);
  await gateway.start();
  client = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { reconnectPeriod: 0 });
  client.on('message', (topic, payload) => heard.push([topic, JSON.parse(payload.toString())]));
  await client.subscribeAsync(['out', 'refused'], { qos: 1 });
}, LIMITS.setUp);
afterEach(async () => {
  await board?.unplug();
  board = undefined;
});
afterAll(async () => {
  await client?.endAsync(true);
  await gateway?.dispose();
  await devices?.remove();
});

/** What comes of a message, once the board has subscribed. */
async function answerTo(body: object): Promise<unknown> {
  heard.length = 0;
  await expect
    .poll(
      async () => {
        if (heard.length === 0) await client.publishAsync('in', JSON.stringify(body), { qos: 1 });
        return heard.find(([topic]) => topic === 'out' || topic === 'refused');
      },
      { timeout: LIMITS.event, interval: 300 },
    )
    .toBeDefined();
  const [topic, value] = heard.find(([name]) => name === 'out' || name === 'refused') ?? [];
  return topic === 'refused' ? `refused: ${value}` : value;
}

async function answersAll(): Promise<void> {
  for (const body of TOGETHER) expect(await answerTo(body)).toEqual(body);
  expect(await answerTo({ ...WHOLE, more: [1, 2] }), 'of a shape that has grown since').toEqual(WHOLE);
  expect(await answerTo({ ...WHOLE, class: 2 ** 40 }), 'a number that has no room').toBe('refused: true');
  expect(await answerTo({ ...WHOLE, a_b: 'x'.repeat(40) }), 'a text that has no room').toBe('refused: true');
  expect(await answerTo({ ...WHOLE, temperature: 'warm' }), 'another type').toBe('refused: true');
  expect(await answerTo(LATE), 'and then one that fits').toEqual(LATE);
}

describe('a header that the gateway wrote reads and sends the messages of its channel', () => {
  test('on an Uno', async () => {
    board = await startBoard({ sketch: uno, link: devices.port('ttyACM0') });
    await answersAll();
  });

  test('on an ESP32', async () => {
    board = await startEspBoard({ sketch: esp, gateway });
    await answersAll();
  });
});
