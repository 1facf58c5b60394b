import {
  decodeFrame,
  encodeFrame,
  encodeSlip,
  type Frame,
  type FrameInit,
  SlipDecoder,
  type Welcome,
} from '@crosscomm/protocol';
import { FakePorts, settle } from '@crosscomm/testing/fake-ports';
import { bodies, join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { DeviceLog } from '../../../src/protocols/device-log.ts';
import type { FrameWire } from '../../../src/protocols/frames/wire.ts';
import { SerialDevice } from '../../../src/protocols/lines/serial-device.ts';
import { QueueBudget, WriteTurn } from '../../../src/transports/outbox.ts';
import { PortLink } from '../../../src/transports/serial/port-link.ts';
import { buildFrameHouse } from '../frames/support.ts';

const HELLO: FrameInit = { type: 'hello', version: 1, deviceId: 'uno-1', bootId: 7, maxFrame: 128 };

function build(id = 'serial-1', isUnapproved = false) {
  const house = buildFrameHouse();
  const ports = new FakePorts();
  const deviceLog = new DeviceLog();
  const frames = { maxFrameBytes: 1000, connect: (wire: FrameWire) => house.devices.connect(wire) };
  const link = new PortLink({
    port: { path: '/dev/ttyACM0', baudRate: 115200, dropOnClose: true },
    open: ports.open,
    context: house,
    turn: new WriteTurn(),
    budget: new QueueBudget(1 << 20),
    limits: { maxQueueBytes: 1000, fairShareBytes: 100 },
    maxRetryMs: 4000,
    lookAgain: async () => {},
    connect: (wire) =>
      new SerialDevice(house, wire, { id, channels: [], maxLineBytes: 64, deviceLog, frames, isUnapproved }),
  });
  const say = (...frames: FrameInit[]): void => {
    for (const frame of frames) ports.last.say(encodeSlip(encodeFrame(frame)));
  };
  /** The frames that the port wrote. */
  const hear = async (): Promise<Frame[]> => {
    await settle();
    const frames: Frame[] = [];
    const decoder = new SlipDecoder(1000, {
      frame: (bytes) => frames.push(decodeFrame(bytes)),
      text: (bytes) => {
        throw new Error(`text: ${Buffer.from(bytes).toString()}`);
      },
      fault: (fault) => {
        throw new Error(fault);
      },
    });
    decoder.push(ports.last.writtenBytes());
    return frames;
  };
  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += 1000) {
      house.clock.advance(1000);
      link.tick(house.clock.monotonicMs());
    }
  };
  return { house, ports, link, deviceLog, say, hear, pass };
}

describe('a serial port with frames', () => {
  it('belongs to the device that says Hello, and its lines are its log', async () => {
    const { house, link, ports, deviceLog, say, hear, pass } = build();
    await link.open();
    pass(1000);
    const anna = join(house.hub, 'anna', ['lab', 'serial-1']);
    ports.last.say('starting\n');
    expect(bodies(anna)).toEqual(['starting']);
    expect(await hear()).toEqual([]);
    say(HELLO);
    expect(await hear()).toMatchObject([{ type: 'welcome' }]);
    expect(link.session?.id).toBe('uno-1');
    expect(house.hub.clients()).toMatchObject([
      { id: 'anna', online: true },
      { id: 'uno-1', online: true },
    ]);
    ports.last.say('deb');
    say({ type: 'message', to: 'lab', value: { t: 21.5 } });
    ports.last.say('ug\n');
    expect(bodies(anna)).toEqual(['{"t":21.5}']);
    expect(deviceLog.lines().map(({ text }) => text)).toEqual(['starting', 'debug']);
    send(house.hub, 'anna', 'uno-1', 'hello');
    expect(await hear()).toMatchObject([{ type: 'sequenced', frame: { value: 'hello' } }]);
  });

  it('says and hears nothing before its board is approved', async () => {
    const { house, link, ports, deviceLog, say, hear } = build('serial-1', true);
    await link.open();
    const anna = join(house.hub, 'anna', ['lab', 'serial-1']);
    ports.last.say('secret\n');
    say(HELLO, { type: 'message', to: 'lab', value: 1 });
    send(house.hub, 'anna', 'serial-1', 'is anybody there?');
    expect(await hear()).toEqual([]);
    expect(bodies(anna)).toEqual([]);
    expect(deviceLog.lines()).toEqual([]);
    expect(house.hub.client('serial-1')).toBeUndefined();
    expect(link.session?.isUnapproved).toBe(true);
    (link.session as SerialDevice).approve();
    expect(link.session?.isUnapproved).toBe(false);
    ports.last.say('{"on": true}\n');
    expect(bodies(anna)).toEqual(['{"on": true}']);
  });

  it('lets the device have the name of the port', async () => {
    const { house, link, say, hear } = build('uno-1');
    await link.open();
    expect(house.hub.client('uno-1')?.protocol).toBe('serial');
    say(HELLO);
    expect(await hear()).toMatchObject([{ type: 'welcome' }]);
    expect(house.hub.client('uno-1')).toMatchObject({ protocol: 'frames', online: true });
  });

  it('loses to noise what noise hit, and says so once a second', async () => {
    const { house, link, ports, say, hear, pass } = build();
    await link.open();
    const anna = join(house.hub, 'anna', ['lab']);
    say(HELLO);
    await hear();
    const packet = encodeSlip(encodeFrame({ type: 'message', to: 'lab', value: 1 }));
    const damaged = packet.with(4, 0x55);
    for (let count = 0; count < 30; count++) ports.last.say(damaged);
    ports.last.say(packet);
    expect(bodies(anna)).toEqual(['1']);
    expect(await hear()).toMatchObject([{ type: 'error', code: 2 }]);
    ports.last.say(packet.subarray(0, 5));
    pass(2000);
    ports.last.say(packet);
    expect(bodies(anna)).toEqual(['1']);
  });

  it('keeps the session where the port goes and comes back, and takes a Hello after a silence', async () => {
    const { house, link, ports, say, hear, pass } = build();
    await link.open();
    say(HELLO);
    const welcome = (await hear())[0] as Welcome;
    ports.last.unplug();
    send(house.hub, 'anna', 'uno-1', 'kept');
    pass(1000);
    await settle();
    expect(ports.opened).toHaveLength(2);
    say({ ...HELLO, resume: { firstSeq: 1, session: welcome.session, received: 0 } } as FrameInit);
    expect(await hear()).toMatchObject([
      { type: 'welcome', resumed: true },
      { type: 'sequenced', seq: 1, frame: { value: 'kept' } },
    ]);
    say({ type: 'ack', seq: 1 });
    pass(40_000);
    expect((await hear()).at(-1)).toMatchObject({ type: 'goodbye', reason: 4 });
    expect(link.state).toBe('open');
    say(HELLO);
    expect(await hear()).toMatchObject([{ type: 'welcome' }]);
  });

  it('moves to a WebSocket under one id', async () => {
    const { house, link, say, hear } = build();
    await link.open();
    say(HELLO);
    const welcome = (await hear())[0] as Welcome;
    const device = house.connect();
    const resume = { firstSeq: 1, session: welcome.session, received: 0 };
    expect(device.greet({ maxFrame: 128, resume }).resumed).toBe(true);
    expect(await hear()).toMatchObject([{ type: 'goodbye', reason: 2 }]);
    send(house.hub, 'anna', 'uno-1', 'here');
    expect(device.takeNumbered()).toMatchObject([[1, { value: 'here' }]]);
    expect(await hear()).toEqual([]);
  });
});
