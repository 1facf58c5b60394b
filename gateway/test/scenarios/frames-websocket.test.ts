import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeFrame } from '@crosscomm/protocol';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { WebSocketDevice } from '@crosscomm/testing/websocket-device';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { configSchema } from '../../src/app/config.ts';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import type { Listeners } from '../../src/app/listeners.ts';
import { silentLog } from '../../src/common/log.ts';

const folder = mkdtempSync(join(tmpdir(), 'crosscomm-test-'));
let gateway: Gateway;
let listeners: Listeners;

beforeAll(async () => {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const config = configSchema.parse({
    dataDir: join(folder, 'data'),
    http: anyPort,
    oocsi: anyPort,
    mqtt: anyPort,
    oss: anyPort,
    serial: { autoDetect: false },
  });
  gateway = createGateway(config, { log: silentLog });
  listeners = await gateway.start();
});

afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a device on a WebSocket', () => {
  it('talks with an OOCSI client: readings up, commands down, a call answered, and a new link taken for the old', async () => {
    const anna = await OocsiClient.connect(listeners.oocsi.port, 'anna');
    anna.send('subscribe lab');
    await anna.settle();

    const device = await WebSocketDevice.connect(listeners.http.port);
    device.say({ type: 'hello', version: 1, deviceId: 'esp-1', bootId: 7, maxFrame: 256 });
    const { session } = await device.take('welcome');
    device.say(
      { type: 'alias', alias: 1, channel: 'lab', flags: 1 },
      { type: 'dictionary', first: 0, keys: ['temperature'] },
      { type: 'sequenced', seq: 1, frame: { type: 'message', to: 1, value: new Map([[0, 21.5]]) } },
    );
    expect(await anna.take('lab')).toMatchObject({ sender: 'esp-1', temperature: 21.5 });
    expect(await device.take('ack')).toEqual({ type: 'ack', seq: 1 });

    anna.send('sendraw lab {"temperature":1}');
    expect(await device.take('sequenced')).toEqual({
      type: 'sequenced',
      seq: 1,
      frame: { type: 'message', to: 1, value: new Map([[0, 1]]), from: 'anna' },
    });

    const next = await WebSocketDevice.connect(listeners.http.port);
    const resume = { firstSeq: 2, session, received: 1 };
    next.say({ type: 'hello', version: 1, deviceId: 'esp-1', bootId: 7, maxFrame: 256, resume });
    expect(await next.take('welcome')).toMatchObject({ session, lastSeq: 1, resumed: true });
    expect(await device.take('goodbye')).toMatchObject({ reason: 2 });

    anna.send('sendraw esp-1 {"level":3,"_MESSAGE_HANDLE":"dim","_MESSAGE_ID":"m-1"}');
    const { frame } = await next.take('sequenced');
    expect(frame).toMatchObject({ type: 'call', function: 'dim', from: 'anna' });
    next.say(
      { type: 'ack', seq: 2 },
      { type: 'reply', callId: (frame as { callId: number }).callId, value: { ok: true } },
    );
    expect(await anna.take('anna')).toMatchObject({ sender: 'esp-1', ok: true, _MESSAGE_ID: 'm-1' });

    next.socket.close();
    anna.close();
  });

  it('is let go where its first message is text: then it speaks CrossComm', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${listeners.http.port}/`);
    await once(socket, 'open');
    socket.send('{}');
    socket.send(encodeFrame({ type: 'ping' }));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1003);
  });
});
