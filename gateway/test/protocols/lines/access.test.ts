import { accountOf } from '@crosscomm/testing/accounts';
import { buildHouse, MemorySession, MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, expect, test } from 'vitest';
import { DeviceLog } from '../../../src/protocols/device-log.ts';
import { LineDeviceSession } from '../../../src/protocols/lines/session.ts';

let house: TestHouse;
let listener: MemorySession;
beforeEach(() => {
  house = buildHouse();
  begin();
});

function begin(): void {
  listener = new MemorySession('listener');
  house.hub.join(listener);
  house.hub.subscribe(listener, '#');
}

function plugIn(channels: readonly string[] = []) {
  const wire = new MemoryWire('/dev/ttyUSB0');
  const deviceLog = new DeviceLog();
  const session = new LineDeviceSession(house, wire, { id: 'uno', channels, maxLineBytes: 400, deviceLog });
  session.start();
  return { wire, session, deviceLog };
}

test('a board is let in by its cable, also where nobody joins without a proof, and has the role for that', () => {
  house = buildHouse({ anonymous: 'deny' });
  const { session } = plugIn();
  expect(session.principal).toMatchObject({ proof: 'cable', account: undefined });
  expect(house.access.maySend(session.principal as never, 'news')).toBe(true);
  expect(house.access.mayClear(session.principal as never)).toBe(false);
});

test('a board that reads is told what it may not do, once a second; one that only prints is not', () => {
  house.access.maySend = (_, to) => to !== 'secret';
  house.access.maySubscribe = (_, channel) => channel !== 'secret';
  const printing = plugIn();
  printing.session.receive('{"to":"secret","n":1}');
  expect(printing.wire.written).toEqual([]);
  printing.session.disconnected();
  const reading = plugIn();
  reading.session.receive('{"to":"server","subscribe":["secret"]}');
  for (let n = 0; n < 10; n++) reading.session.receive('{"to":"secret","n":1}');
  house.clock.advance(1000);
  reading.session.receive('{"to":"secret","n":1}');
  expect(reading.wire.written).toEqual([
    '{"from":"server","error":"not allowed to subscribe to secret"}\n',
    '{"from":"server","error":"not allowed to send to secret"}\n',
  ]);
  expect(house.incidents.counts()).toEqual({ 'serial PEER_NOT_ALLOWED': 13 });
  expect(listener.received).toEqual([]);
});

test('a board whose id becomes that of an account is not heard until it is free again, and its port stays open', async () => {
  const { session, wire } = plugIn();
  await house.accounts.add(accountOf('ann', { roles: ['device'], ids: ['uno'] }));
  expect(house.hub.session('uno')).toBeUndefined();
  expect(wire.ended).toBeUndefined();
  session.receive('hello');
  expect(listener.received).toEqual([]);
  await house.accounts.remove('ann');
  house.clock.advance(3000);
  session.tick(house.clock.monotonicMs());
  session.receive('hello');
  expect(listener.received.map(({ text }) => text)).toEqual(['hello']);
});

test('what the OOCSI library of an ESP prints has no secret in it', () => {
  const { session, deviceLog } = plugIn();
  session.receive(`{'message' : "welcome light:s3cret"}`);
  session.receive(`{'message' : "welcome light"}`);
  const texts = listener.received.map(({ text }) => text);
  expect(texts).toEqual([`{'message' : "welcome light"}`, `{'message' : "welcome light"}`]);
  expect(JSON.stringify(deviceLog)).not.toContain('s3cret');
});
