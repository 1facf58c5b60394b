import { createHash } from 'node:crypto';
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { encodeLengthPrefixed } from '../../src/protocols/osc/framing.ts';
import { encodeMessage } from '../../src/protocols/osc/write-codec.ts';
import { bundleOf } from '../protocols/osc/packets.ts';

const MIB = 1024 * 1024;
/** What the gateway may grow by, whatever a peer does: garbage comes to more than what it may keep for slow readers. */
const MAX_GROWTH_BYTES = 128 * MIB;
const FLOOD_BYTES = 128 * MIB;
/** Nobody answers by UDP, so it is asked again and again, on a machine that may be busy. */
const LIMIT_MS = 20_000;
/** Bytes without any order, the same at each run. */
const NOISE = createHash('shake256', { outputLength: 65_507 }).update('noise').digest();

const gateway = new GatewayProcess(
  {
    osc: { port: 0 },
    limits: { handshakeTimeoutMs: 2500, maxQueueBytes: 2 * MIB, maxTotalQueueBytes: 8 * MIB },
    log: { level: 'warn' },
  },
  // With little memory, as on a small Pi, garbage is collected soon, however busy the machine is.
  { NODE_OPTIONS: '--max-old-space-size=96' },
);
const sockets: Datagrams[] = [];

const port = (): number => gateway.ready.osc?.port ?? expect.unreachable();

async function dial(): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port: port() });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

function udp(): Datagrams {
  const socket = createSocket('udp4');
  sockets.push(socket);
  return socket;
}

/** Sends one datagram, and resolves when the system has it. */
function datagram(socket: Datagrams, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) =>
    socket.send(bytes, port(), '127.0.0.1', (error) => (error ? reject(error) : resolve())),
  );
}

interface Status {
  incidents: Record<string, number>;
  clients: { online: number };
}

async function status(): Promise<Status> {
  const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/status`);
  return (await answer.json()) as Status;
}

describe('whatever a peer does by Open Sound Control, everyone else keeps the gateway', () => {
  let speaker: OocsiClient;
  let listener: OocsiClient;
  let residentBefore: number;
  let round = 0;

  beforeAll(async () => {
    await gateway.start();
    speaker = await OocsiClient.connect(gateway.ready.oocsi.port, 'speaker');
    listener = await OocsiClient.connect(gateway.ready.oocsi.port, 'listener');
    listener.send('subscribe canary');
    await listener.settle();
    residentBefore = await gateway.residentBytes();
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    round++;
    speaker.send(`sendraw canary {"round":${round}}`);
    expect(await listener.takeLine((line) => line.includes(`"round":${round}`))).toContain('"sender":"speaker"');
    expect((await gateway.residentBytes()) - residentBefore).toBeLessThan(MAX_GROWTH_BYTES);
  });
  afterAll(async () => {
    speaker?.close();
    listener?.close();
    await gateway.dispose();
  });

  test.each([
    ['random bytes', NOISE],
    ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex')],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a message without its length', encodeMessage('/canary', [])],
    ['nothing', Buffer.alloc(0)],
    ['a packet that never ends', Buffer.from('00000100', 'hex')],
  ])('%s on the TCP port end that connection', async (_what, bytes) => {
    const socket = await dial();
    socket.write(bytes);
    socket.resume();
    // It may be reset, by which `once` of node:events would throw.
    await new Promise((resolve) => socket.once('close', resolve));
  });

  test('packets that are too large are skipped, as they come', async () => {
    const socket = await dial();
    const hears = async (value: number): Promise<void> => {
      const said = listener.takeLine((line) => line.includes(`"json":${value}`));
      socket.write(encodeLengthPrefixed(encodeMessage('/canary', [{ type: 'i', value }])));
      await said;
    };
    // Who has said something whole may take longer for the next than the handshake may.
    await hears(6);
    for (let packets = 0; packets < 4; packets++) {
      socket.write(Buffer.from('00ffffff', 'hex'));
      for (let sent = 0; sent < 0xff_ffff; sent += MIB - 1) {
        if (!socket.write(Buffer.alloc(Math.min(MIB - 1, 0xff_ffff - sent)))) await once(socket, 'drain');
      }
    }
    await hears(7);
    expect((await status()).incidents['osc PEER_TOO_LARGE']).toBe(4);
    socket.destroy();
  });

  test('datagrams of noise, of any length, are counted and thrown away', async () => {
    const socket = udp();
    const send = async (): Promise<void> => {
      for (let length = 0; length < 1500; length += 7) await datagram(socket, NOISE.subarray(0, length));
      await datagram(socket, NOISE);
      for (let length = 4; length < 400; length += 4) {
        await datagram(socket, Buffer.concat([Buffer.from('/a\0\0,ifsb[T]b\0\0'), NOISE.subarray(0, length)]));
        await datagram(socket, bundleOf(1n, NOISE.subarray(0, length)));
      }
    };
    await vi.waitFor(
      async () => {
        // What comes faster than the gateway reads is lost on the way.
        await send();
        expect((await status()).incidents['osc PEER_MALFORMED']).toBeGreaterThan(200);
      },
      { timeout: LIMIT_MS, interval: 500 },
    );
  });

  test('a program that sends each message from another port does not become ever more clients', async () => {
    for (let batch = 0; batch < 40; batch++) {
      const batchOf = Array.from({ length: 50 }, udp);
      await Promise.all(batchOf.map((socket) => datagram(socket, encodeMessage('/lamp', []))));
      for (const socket of sockets.splice(0)) socket.close();
    }
    await vi.waitFor(async () => expect((await status()).clients.online).toBe(258), LIMIT_MS);
  });

  test('a slow reader by TCP costs nobody else a message', async () => {
    const slow = await dial();
    const subscribe = encodeMessage('/subscribe', [{ type: 's', value: 'flood' }]);
    slow.write(encodeLengthPrefixed(subscribe));
    slow.pause();
    const fast = await OocsiClient.connect(gateway.ready.oocsi.port, 'fast');
    fast.send('subscribe flood');
    await fast.settle();
    const filler = 'x'.repeat(MIB / 2);
    for (let number = 0; number < FLOOD_BYTES / filler.length; number++) {
      speaker.send(`sendraw flood {"filler":"${filler}","number":${number}}`);
      expect(await fast.take('flood')).toMatchObject({ number });
    }
    slow.destroy();
    fast.close();
  }, 180_000);
});
