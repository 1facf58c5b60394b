import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { oscsend, startOscdump, startPureData } from '@crosscomm/testing/osc-tools';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { blocksOf } from '../docs/pages.ts';

// Programs of others that speak Open Sound Control, unmodified, in one conversation with OOCSI and MQTT.

const gateway = new GatewayProcess({ osc: { port: 0 } });
const programs: Program[] = [];
let mqtt: MqttClient;
/** What MQTT hears: `lamp/led 1`. */
let heard: string[];
let wake: (() => void)[] = [];

const port = (): number => gateway.ready.osc?.port ?? expect.unreachable();

/** Waits until MQTT has heard all of this. */
async function hears(...lines: readonly string[]): Promise<void> {
  while (!lines.every((line) => heard.includes(line))) await new Promise<void>((resolve) => wake.push(resolve));
}

/** Says it again until it is heard: nobody can tell when a subscription by UDP is there. */
async function untilHeard(say: () => unknown, isHeard: Promise<unknown>): Promise<void> {
  const said: unknown[] = [];
  const again = setInterval(() => said.push(say()), 100);
  try {
    await isHeard;
  } finally {
    clearInterval(again);
    // Nothing of it comes into the next test.
    await Promise.all(said);
  }
}

async function startOsc(how: { do: 'udp' } | { do: 'tcp'; mode: '1.0' | '1.1' }) {
  const program = startPython('python-osc', 'osc_agent.py');
  programs.push(program);
  program.command({ ...how, host: '127.0.0.1', port: port() });
  return { program, ownPort: (await program.take('connected', {}, 60_000)).port as number };
}

beforeAll(() => gateway.start());
afterAll(() => gateway.dispose());
beforeEach(async () => {
  heard = [];
  mqtt = await connectAsync(`mqtt://127.0.0.1:${gateway.ready.mqtt.port}`, { clientId: 'mqtt-program' });
  mqtt.on('message', (topic, payload) => {
    heard.push(`${topic} ${payload}`);
    for (const each of wake.splice(0)) each();
  });
  await mqtt.subscribeAsync(['lamp/#', 'all/#']);
});
afterEach(async () => {
  wake = [];
  await Promise.all(programs.splice(0).map((program) => program.stop()));
  await mqtt.endAsync(true);
});

test('OOCSI, MQTT and Open Sound Control are one conversation', async () => {
  const oocsi = await OocsiClient.connect(gateway.ready.oocsi.port, 'oocsi-program');
  const { program, port: dumpPort } = await startOscdump();
  programs.push(program);
  oocsi.send('subscribe lamp/led');
  await oocsi.settle();

  await oscsend(port(), '/lamp/led', 'i', '1');
  await hears('lamp/led 1');
  expect(await oocsi.take('lamp/led')).toMatchObject({
    json: 1,
    sender: expect.stringMatching(/^osc-127\.0\.0\.1-\d+$/),
  });
  await oscsend(port(), '/lamp/led', 's', '{"led": 2}');
  expect(await oocsi.take('lamp/led')).toMatchObject({ led: 2 });

  await oscsend(port(), '/subscribe', 'ssi', 'lamp/#', '/room/light', String(dumpPort));
  const say = () => mqtt.publish('lamp/led', '{"led":3}');
  await untilHeard(say, program.take('heard', { text: '/lamp/led s "{"led":3}"' }));
  oocsi.send('sendraw room/light {"level":0.5}');
  await program.take('heard', { text: '/room/light s "{"level":0.5}"' });
  mqtt.publish('lamp/name', 'desk');
  await program.take('heard', { text: '/lamp/name s "desk"' });

  await oscsend(port(), '/oocsi-program', 'f', '21.5');
  expect(await oocsi.take('oocsi-program')).toMatchObject({ json: 21.5 });
  oocsi.close();
});

describe('liblo', () => {
  test('sends by TCP what it sends by UDP', async () => {
    await oscsend(`osc.tcp://127.0.0.1:${port()}`, '/lamp/tcp', 'ifsTN', '1', '0.5', 'on');
    await oscsend(port(), '/lamp/udp', 'ifsTN', '1', '0.5', 'on');
    await hears('lamp/tcp [1,0.5,"on",true,null]', 'lamp/udp [1,0.5,"on",true,null]');
  });

  test('hears another program of its kind with the types that this one sent', async () => {
    const { program, port: dumpPort } = await startOscdump();
    programs.push(program);
    await oscsend(port(), '/subscribe', 'si', 'all/types', String(dumpPort));
    const text =
      "/all/types ihfdscSmTFNI 1 9007199254740993 0.500000 0.250000 \"text\" 'x' 'sym MIDI [0x00 0x90 0x3c 0x7f] #T #F Nil Infinitum";
    const values = ['1', '9007199254740993', '0.5', '0.25', 'text', 'x', 'sym', '00903c7f'];
    await untilHeard(() => oscsend(port(), '/all/types', 'ihfdscSmTFNI', ...values), program.take('heard', { text }));
    await hears('all/types [1,9007199254740993,0.5,0.25,"text","x","sym",[0,144,60,127],true,false,null,true]');
  });
});

/** One of each type that python-osc writes, and what they are to everyone else. */
const PYTHON_TYPES = [
  ['i', -1],
  ['f', 21.7],
  ['d', Math.PI],
  ['s', 'grüße'],
  ['h', 2 ** 40],
  ['b', 'ff00'],
  ['T', true],
  ['F', false],
  ['N', null],
];
const PYTHON_VALUES = '[-1,21.7,3.141592653589793,"grüße",1099511627776,"/wA=",true,false,null]';

describe.each([
  ['UDP', { do: 'udp' }],
  ['TCP with lengths', { do: 'tcp', mode: '1.0' }],
  ['TCP with SLIP', { do: 'tcp', mode: '1.1' }],
] as const)('python-osc by %s', (_name, how) => {
  test('sends every type that it has', async () => {
    const { program } = await startOsc(how);
    program.command({ do: 'send', address: '/all/python', args: PYTHON_TYPES });
    await hears(`all/python ${PYTHON_VALUES}`);
  });

  test('hears what others send, with the types that fit', async () => {
    const { program, ownPort } = await startOsc(how);
    const args = [['s', 'all/back'], ...(how.do === 'udp' ? [['i', ownPort]] : [])];
    program.command({ do: 'send', address: '/subscribe', args });
    const say = () => mqtt.publish('all/back', Buffer.from([0xc0, 0xdb, 0xff]));
    await untilHeard(say, program.take('message', { address: '/all/back', args: ['c0dbff'] }));
    mqtt.publish('all/back', 'text');
    await program.take('message', { address: '/all/back', args: ['text'] });
  });

  test('sends bundles, at once and for later', async () => {
    const { program } = await startOsc(how);
    const messages = (name: string) => [
      [`/lamp/${name}`, [['i', 1]]],
      [`/lamp/${name}`, [['i', 2]]],
    ];
    // So much later that the second comes before it on a machine that is busy, too.
    program.command({ do: 'send_bundle', at: Date.now() / 1000 + 3, messages: messages('later') });
    program.command({ do: 'send_bundle', at: 0, messages: messages('now') });
    await hears('lamp/now 1', 'lamp/now 2', 'lamp/later 1', 'lamp/later 2');
    expect(heard).toEqual(['lamp/now 1', 'lamp/now 2', 'lamp/later 1', 'lamp/later 2']);
  });
});

test('Pure Data sends and hears by the patch of docs/osc.md', async () => {
  const block = blocksOf('docs/osc.md').find(({ language }) => language === 'pd');
  const patch = join(gateway.folder, 'room.pd');
  writeFileSync(patch, block?.text.replace('192.168.1.10 9000', `127.0.0.1 ${port()}`) ?? '');
  const pureData = startPureData(patch, ['led 1']);
  programs.push(pureData);
  await hears('lamp/led 1.0');
  const say = () => mqtt.publish('temperature', '21.7');
  await untilHeard(say, pureData.take('printed', { text: 'temperature: 21.7' }));
  mqtt.publish('room/3/name', 'kitchen');
  await pureData.take('printed', { text: 'room: 3 name kitchen' });
});

test('what is no OSC is counted, and harms nobody', async () => {
  const { program } = await startOsc({ do: 'udp' });
  program.command({ do: 'send', address: '/lamp/*', args: [] });
  program.command({ do: 'send', address: '/lamp/led', args: [['i', 1]] });
  await hears('lamp/led 1');
  const status = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/status`);
  expect(await status.json()).toMatchObject({ incidents: { 'osc PEER_BAD_NAME': 1 } });
});
