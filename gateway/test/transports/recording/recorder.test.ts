import { encodeFrame } from '@crosscomm/protocol';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { generate } from 'mqtt-packet';
import { beforeEach, expect, test } from 'vitest';
import { protocols } from '../../../src/app/protocols.ts';
import { bytesOf, type RecordingEvent } from '../../../src/transports/recording/events.ts';
import { Recorder } from '../../../src/transports/recording/recorder.ts';
import { type ConnectionFacts, type Tap, type Tappable, Taps } from '../../../src/transports/taps.ts';

/** A connection that a test speaks on. */
class FakeConnection implements Tappable {
  readonly facts: ConnectionFacts;
  tapped: Tap | undefined;

  constructor(facts: Partial<ConnectionFacts> & Pick<ConnectionFacts, 'listener'>) {
    this.facts = { by: 'tcp', isStream: true, peer: '10.0.0.7:4711', ...facts };
  }

  tap(tap: Tap): () => void {
    this.tapped = tap;
    return () => {
      this.tapped = undefined;
    };
  }

  says(bytes: string | Uint8Array, isBinary?: boolean): void {
    this.tapped?.received(Buffer.from(bytes as string), isBinary);
  }

  hears(bytes: string | Uint8Array, isBinary?: boolean): void {
    this.tapped?.sent(Buffer.from(bytes as string), isBinary);
  }
}

let taps: Taps;
let online: Map<string, string>;
let recorder: Recorder;
let events: RecordingEvent[];
let faults: unknown[];
const clock = new FakeClock();

beforeEach(async () => {
  taps = new Taps();
  online = new Map();
  events = [];
  faults = [];
  recorder = await Recorder.load({
    ...{ taps, clock, peerOf: (client) => online.get(client), failed: (error) => faults.push(error) },
    protocols: protocols.flatMap(({ name, section, recording }) =>
      recording ? [{ name, listener: section?.key ?? name, takesBinary: false, ...recording }] : [],
    ),
  });
});

function start(...clients: string[]): ReturnType<Recorder['start']> {
  return recorder.start(clients, { write: (event) => events.push(event) });
}

/** A connection that has just been opened. */
function opened(facts: Partial<ConnectionFacts> & Pick<ConnectionFacts, 'listener'>): FakeConnection {
  const connection = new FakeConnection(facts);
  taps.watcher?.opened(connection);
  return connection;
}

function told(): string[] {
  return events.map((event) => {
    if (event.is === 'in' || event.is === 'out') return `${event.is} ${bytesOf(event)}`;
    return event.is === 'open'
      ? `open ${event.protocol} ${event.client}${event.inMiddle ? ' in the middle' : ''}`
      : event.is;
  });
}

test('nobody watches before a recording and after the last one', async () => {
  expect(taps.watcher).toBeUndefined();
  const [one, other] = [start('lamp'), start('knob')];
  const connection = opened({ listener: 'oocsi' });
  one.end();
  expect(taps.watcher).toBe(recorder);
  other.end();
  expect(taps.watcher).toBeUndefined();
  expect(connection.tapped).toBeUndefined();
});

test('a connection is recorded from its first byte, once it says whose it is', async () => {
  start('lamp');
  const connection = opened({ listener: 'oocsi' });
  connection.says('la');
  expect(events).toEqual([]);
  connection.says('mp(JSON)\n');
  connection.hears('{\'message\' : "welcome lamp"}\n');
  connection.tapped?.closed();
  expect(told()).toEqual([
    'open oocsi lamp',
    'in la',
    'in mp(JSON)\n',
    'out {\'message\' : "welcome lamp"}\n',
    'close',
  ]);
});

test('what others say is thrown away, and they are not watched any more', async () => {
  start('lamp');
  const stranger = opened({ listener: 'oocsi' });
  stranger.says('knob(JSON)\n');
  const silent = opened({ listener: 'mqtt' });
  silent.says(Buffer.alloc(5000, 0x30));
  expect([stranger.tapped, silent.tapped]).toEqual([undefined, undefined]);
  expect(events).toEqual([]);
});

test('an id that the gateway gives is known by its answer', async () => {
  start('lamp_7', 'mqtt-3f2a');
  const oocsi = opened({ listener: 'oocsi' });
  oocsi.says('lamp_#(JSON)\n');
  oocsi.hears('{\'message\' : "welcome lamp_7"}\n');
  const mqtt = opened({ listener: 'mqttTls', peer: '10.0.0.8:1' });
  mqtt.says(
    generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clientId: '', clean: true, keepalive: 0 }),
  );
  const properties = { assignedClientIdentifier: 'mqtt-3f2a' };
  mqtt.hears(generate({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties }, { protocolVersion: 5 }));
  expect(told().filter((line) => line.startsWith('open'))).toEqual(['open oocsi lamp_7', 'open mqtt mqtt-3f2a']);
});

test('a connection that is open is recorded from now on, if it is sure whose it is', async () => {
  const mine = new FakeConnection({ listener: 'mqtt' });
  const other = new FakeConnection({ listener: 'mqtt', peer: '10.0.0.7:4712' });
  const proxied = new FakeConnection({
    listener: 'crosscomm',
    by: 'websocket',
    peer: 'via 127.0.0.1',
    isBehindProxy: true,
  });
  taps.add(() => [mine, other, proxied]);
  online.set('lamp', mine.facts.peer).set('page', proxied.facts.peer);
  start('lamp', 'page');
  mine.says(generate({ cmd: 'pingreq' }));
  expect([other.tapped, proxied.tapped]).toEqual([undefined, undefined]);
  expect(told()[0]).toBe('open mqtt lamp in the middle');
  expect(events).toHaveLength(2);
});

test('two recordings of one client have the same', async () => {
  const both = await Promise.all([start('lamp'), start('lamp', 'knob')]);
  const connection = opened({ listener: 'oocsi' });
  connection.says('lamp\n');
  both[0].end();
  connection.says('subscribe a\n');
  expect(told()).toEqual(['open oocsi lamp', 'open oocsi lamp', 'in lamp\n', 'in lamp\n', 'in subscribe a\n']);
  both[1].end();
  expect(connection.tapped).toBeUndefined();
});

test('what a recording holds until its end comes is told when it ends', async () => {
  const recording = start('lamp');
  const connection = opened({ listener: 'oocsi' });
  connection.says('lamp:secret\nsendraw a {"no":"end"');
  recording.end();
  expect(told()).toEqual(['open oocsi lamp', 'in lamp:******\nsendraw a {"no":*****']);
});

test('a WebSocket whose first message is binary is one of frames', async () => {
  start('knob');
  const connection = opened({ listener: 'crosscomm', by: 'websocket', isStream: false, path: '/' });
  const hello = {
    type: 'hello',
    version: 1,
    deviceId: 'knob',
    bootId: 7,
    maxFrame: 512,
    user: 'ben',
    password: 'horse',
  } as const;
  connection.says(encodeFrame(hello), true);
  expect(told()[0]).toBe('open frames knob');
  expect(events[1]).toMatchObject({ is: 'in', binary: true });
  expect(told()[1]).toContain('knob');
  expect(told()[1]).not.toContain('horse');
});

test('a peer of OSC by UDP is recorded with what goes to the port at which it wants its answers', async () => {
  start('osc-10.0.0.7-4711');
  const packet = (address: string, tags: string, ...rest: number[]): Buffer =>
    Buffer.from([...Buffer.from(`${address.padEnd(12, '\0')},${tags}`.padEnd(16, '\0')), ...rest]);
  const subscribe = packet('/subscribe', 'si', 0x61, 0, 0, 0, 0, 0, 0x26, 0x94);
  taps.watcher?.packet('osc', 'in', subscribe, { address: '10.0.0.7', port: 4711 });
  taps.watcher?.packet('osc', 'in', subscribe, { address: '10.0.0.8', port: 4711 });
  taps.watcher?.packet('osc', 'out', packet('/a', ''), { address: '10.0.0.7', port: 9876 });
  taps.watcher?.packet('osc', 'out', packet('/b', ''), { address: '10.0.0.8', port: 9876 });
  expect(events.map((event) => event.is)).toEqual(['open', 'in', 'out']);
});

test('a serial port is recorded by the name of its port, or of the board that speaks there', async () => {
  const board = new FakeConnection({ listener: 'serial', by: 'serial', peer: '/dev/ttyUSB0', client: 'usb-1' });
  taps.add(() => [board]);
  start('usb-2', 'usb-1');
  const other = opened({ listener: 'serial', by: 'serial', peer: '/dev/ttyUSB1', client: 'usb-2' });
  other.says('{"v":1}\n');
  board.says('hello\n');
  expect(told()).toContain('open serial usb-2');
  expect(told().at(-1)).toBe('in hello\n');
});

test('whoever is recorded does not notice a fault of the recorder', async () => {
  const fault = new Error('broken');
  const view = (): never => {
    throw fault;
  };
  const broken = {
    lengthOf: () => 1,
    ...{ look: view, label: view, rejoin: view },
  };
  recorder = await Recorder.load({
    ...{ taps, clock, peerOf: () => undefined, failed: (error) => faults.push(error) },
    protocols: [{ name: 'test', listener: 'test', takesBinary: false, load: async () => ({ view: () => broken }) }],
  });
  start('lamp');
  const connection = opened({ listener: 'test' });
  connection.says('lamp');
  expect(faults).toEqual([fault]);
  expect(connection.tapped).toBeUndefined();
});
