import { once } from 'node:events';
import { type AddressInfo, createConnection } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EndEvent, LostEvent, OpenEvent, RecordingHead } from '../../../src/transports/recording/events.ts';
import { Recorder } from '../../../src/transports/recording/recorder.ts';
import { type Tap, Taps } from '../../../src/transports/taps.ts';
import { addAccount, bearer } from '../accounts.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';
import { EventReader } from './event-reader.ts';

let house: WebHouse;
let url: string;
let taps: Taps;
let tap: Tap | undefined;

function failed(error: unknown): never {
  throw error;
}

beforeEach(async () => {
  taps = new Taps();
  tap = undefined;
  // A protocol of text messages, each of which is a client's name.
  const view = () => ({
    lengthOf: () => undefined,
    look: (_: unknown, unit: Buffer) => ({ clients: [unit.toString()] }),
    label: () => undefined,
    rejoin: (unit: Buffer) => unit,
  });
  // It takes its time to load, as on a Pi that does much else.
  const load = async () => {
    await setTimeout(20);
    return { view };
  };
  const protocols = [{ name: 'test', listener: 'test', takesBinary: false, load }];
  house = await buildWebHouse({
    recorder: async () => {
      recorder ??= Recorder.load({ taps, clock: house.clock, protocols, peerOf: () => undefined, failed });
      return await recorder;
    },
  });
  let recorder: Promise<Recorder> | undefined;
  url = `${await house.app.listen({ port: 0, host: '127.0.0.1' })}/api/v1/recording`;
});
afterEach(() => house.app.close());

/** A client comes, and says its name. */
function come(client: string): void {
  taps.watcher?.opened({
    facts: { listener: 'test', by: 'websocket', isStream: false, peer: '10.0.0.7:1' },
    tap(given) {
      tap = given;
      return () => {};
    },
  });
  tap?.received(Buffer.from(client));
}

test('it begins with what it is, and tells what is said', async () => {
  const reader = await EventReader.open(`${url}?client=lamp&client=knob`);
  const head = await reader.next<RecordingHead>('recording');
  expect(head).toMatchObject({ version: 1, clients: ['lamp', 'knob'], startedMs: house.clock.now() });
  // Nobody who comes from now on is missed.
  come('stranger');
  come('knob');
  tap?.sent(Buffer.from([0, 255]));
  expect(await reader.next<OpenEvent>('open')).toMatchObject({ protocol: 'test', client: 'knob', c: 1 });
  expect(await reader.next('in')).toEqual({ is: 'in', t: 0, c: 1, text: 'knob' });
  expect(await reader.next('out')).toEqual({ is: 'out', t: 0, c: 1, base64: 'AP8=' });
  expect((await fetch(`${url}/${head.id}`, { method: 'DELETE' })).status).toBe(204);
  expect(await reader.next<EndEvent>('end')).toMatchObject({ why: 'asked', lost: 0, unseen: 0 });
  await reader.ended();
  expect(taps.watcher).toBeUndefined();
  expect((await fetch(`${url}/${head.id}`, { method: 'DELETE' })).status).toBe(404);
});

test('it ends after its minutes, and when its reader goes', async () => {
  const reader = await EventReader.open(`${url}?client=lamp&minutes=2`);
  const other = await EventReader.open(`${url}?client=lamp`);
  house.clock.advance(120_000);
  expect(await reader.next<EndEvent>('end')).toMatchObject({ why: 'time' });
  expect(taps.watcher).toBeDefined();
  other.close();
  await expect.poll(() => taps.watcher).toBeUndefined();
});

test('it ends when whoever asked for it may not operate any more', async () => {
  const boss = await addAccount(house, 'boss', { role: 'admin' });
  const reader = await EventReader.open(`${url}?client=lamp`, bearer(boss));
  await house.accounts.update('boss', (account) => ({ ...account, roles: ['viewer'] }));
  house.clock.advance(1000);
  await reader.ended();
  await expect.poll(() => taps.watcher).toBeUndefined();
});

test('it ends for whoever was on this machine before there was an account', async () => {
  const reader = await EventReader.open(`${url}?client=lamp`);
  await addAccount(house, 'boss', { role: 'admin' });
  house.clock.advance(1000);
  await reader.ended();
});

test('four may be under way, and each wants a client and a time that can be', async () => {
  const open = await Promise.all(['a', 'b', 'c', 'd'].map((client) => EventReader.open(`${url}?client=${client}`)));
  await expect(EventReader.open(`${url}?client=e`)).rejects.toThrow('4 recordings are under way');
  for (const query of ['', '?client=a&minutes=0', '?client=a&minutes=1441', '?client=']) {
    expect((await fetch(url + query)).status).toBe(400);
  }
  for (const reader of open) reader.close();
});

test('a reader that does not read loses events, is told how many, and keeps nobody waiting', async () => {
  const { port } = house.app.server.address() as AddressInfo;
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('GET /api/v1/recording?client=lamp HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await expect.poll(() => taps.watcher).toBeDefined();
  come('lamp');
  const piece = Buffer.alloc(64 * 1024, 'x');
  for (let count = 0; count < 500; count++) tap?.sent(piece);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  await expect.poll(() => text.length).toBeGreaterThan(1_000_000);
  await expect
    .poll(() => {
      tap?.sent(Buffer.from('later'));
      return text;
    })
    .toContain('event: lost');
  const lost = JSON.parse(/^data: (.*"is":"lost".*)$/m.exec(text)?.[1] ?? '') as LostEvent;
  expect(lost.events).toBeGreaterThan(300);
  expect(lost.bytes).toBeGreaterThan(300 * piece.length);
  socket.destroy();
});
