import { MemoryLog } from '@crosscomm/testing/memory-log';
import { buildHouse, MemorySession, MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import { CrossCommSession } from '../../src/protocols/crosscomm/session.ts';
import { DeviceLog } from '../../src/protocols/device-log.ts';
import { LineDeviceSession } from '../../src/protocols/lines/session.ts';
import { frame } from './crosscomm/frames.ts';
import { buildFrameHouse } from './frames/support.ts';
import { connect, connectWeb } from './oocsi/parties.ts';

let log: MemoryLog;
let house: TestHouse;
beforeEach(() => {
  log = new MemoryLog();
  house = buildHouse({ log });
});

/** The lines that tell of clients with one id. */
const told = (): string[] => log.lines.filter((line) => line.includes('Several clients have the id'));

describe('several clients with one id are one incident', () => {
  it('of CrossComm, where each takes the id from the one before', () => {
    for (let times = 0; times < 40; times++) {
      const session = new CrossCommSession(new MemoryWire(), house, {
        heartbeatTimeoutMs: 60_000,
        maxMessageBytes: 1e6,
      });
      session.receive(frame({ from_client_id: 'kitchen', msg_type: 'login', content: {} }));
      house.clock.advance(200);
    }
    expect(told()).toEqual([
      expect.stringContaining('kitchen and take it from each other: 12 times in 2 s, from 127.0.0.1'),
    ]);
    expect(house.incidents.counts()).toEqual({ 'crosscomm PEER_ID_SHARED': 1 });
  });

  it.each([
    ['OOCSI', connect],
    ['OOCSI in web pages', connectWeb],
  ])('of %s, where the first keeps it and the others are refused', (_, open) => {
    const first = connect(house, 'dev(JSON)');
    for (let times = 0; times < 2; times++) {
      open(house).session.receive('dev(JSON)');
      first.session.receive('.');
      house.clock.advance(1000);
    }
    expect(told()).toEqual([expect.stringContaining('dev and want it, and all but one are refused: 2 times in 1 s')]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_ID_SHARED': 1, 'oocsi PEER_NAME_TAKEN': 2 });
  });

  it('of device frames, where the first keeps it and the others are refused', () => {
    const frames = buildFrameHouse({}, { log });
    const first = frames.open({ deviceId: 'uno-1' });
    for (let times = 0; times < 2; times++) {
      const other = frames.connect();
      other.say({ type: 'hello', version: 1, deviceId: 'uno-1', bootId: 8 + times, maxFrame: 256 });
      first.say({ type: 'pong', n: 1 });
      expect(other.take()).toMatchObject([{ type: 'error' }]);
    }
    expect(told()).toEqual([expect.stringContaining('uno-1 and want it')]);
    expect(frames.incidents.counts()).toEqual({ 'frames PEER_ID_SHARED': 1, 'frames PEER_NAME_TAKEN': 2 });
  });

  it('of serial lines, which ask again for a name that another protocol has', () => {
    house.hub.join(new MemorySession('board'));
    const options = { id: 'board', channels: [], maxLineBytes: 4096, deviceLog: new DeviceLog() };
    const session = new LineDeviceSession(house, new MemoryWire(), options);
    session.start();
    for (let second = 0; second < 20; second++) {
      house.clock.advance(1000);
      session.tick(house.clock.monotonicMs());
    }
    expect(told()).toEqual([expect.stringContaining('board and want it')]);
    expect(log.lines).toHaveLength(2);
  });
});

describe('it is no incident', () => {
  it('that an OOCSI board comes back twice while its old connection is not known to be dead', () => {
    connect(house, 'dev(JSON)');
    for (let times = 0; times < 2; times++) {
      connect(house).session.receive('dev(JSON)');
      house.clock.advance(5000);
    }
    expect(log.lines).toEqual([]);
  });

  it('that a device of frames comes back after a reset, three times', () => {
    const frames = buildFrameHouse({}, { log });
    frames.open({ deviceId: 'uno-1', bootId: 1 });
    for (let bootId = 2; bootId < 5; bootId++) {
      frames.connect().say({ type: 'hello', version: 1, deviceId: 'uno-1', bootId, maxFrame: 256 });
      frames.clock.advance(3000);
    }
    expect(log.lines).toEqual([]);
  });

  it('that a name is that of a channel', () => {
    const other = connect(house, 'ann(JSON)', 'subscribe dev');
    for (let times = 0; times < 5; times++) connect(house).session.receive('dev(JSON)');
    expect(other.wire.ended).toBeUndefined();
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_NAME_TAKEN': 5 });
  });
});
