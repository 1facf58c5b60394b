import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Listener } from '../../src/transports/listener.ts';
import { type LineListenerOptions, openLineListener, openStreamListener } from '../../src/transports/tcp.ts';
import { buildShared, dial, hearOut, Probes } from './support.ts';

let shared: ReturnType<typeof buildShared>;
let probes: Probes;
let listener: Listener | undefined;
beforeEach(() => {
  shared = buildShared();
  probes = new Probes();
});
afterEach(async () => {
  const closed = listener?.close(1000);
  shared.clock.advance(1000);
  await closed;
});

async function open(options: Partial<LineListenerOptions> = {}): Promise<number> {
  listener = await openLineListener({
    ...shared,
    host: '127.0.0.1',
    port: 0,
    listener: 'oocsi',
    maxLineBytes: 1000,
    createSession: probes.create,
    ...options,
  });
  return listener.address.port;
}

describe('a listener of text lines', () => {
  test('hands lines to a session of its own, and what the session writes back', async () => {
    const port = await open();
    probes.onText = ({ wire }, text) => wire.write(Buffer.from(`${text}!\n`));
    const socket = await dial(port);
    socket.write('one\ntwo\r\n');
    const answers = await once(socket, 'data');
    expect(String(answers[0])).toBe('one!\ntwo!\n');
    expect(probes.sessions[0]?.wire.peer).toBe(`127.0.0.1:${socket.localPort}`);
    socket.destroy();
  });

  test('puts lines together that arrive byte by byte, characters cut in two included', async () => {
    const port = await open();
    const [socket, session] = await Promise.all([dial(port), probes.next()]);
    socket.setNoDelay(true);
    for (const byte of Buffer.from('grüß dich 👋\nzwei\n')) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await session.until(({ texts }) => texts.length === 2);
    expect(session.texts).toEqual(['grüß dich 👋', 'zwei']);
    socket.destroy();
  });

  test('tells the session of a line that never ends, holds none of it, and goes on after it', async () => {
    const port = await open();
    const [socket, session] = await Promise.all([dial(port), probes.next()]);
    for (let sent = 0; sent < 50; sent++) socket.write('x'.repeat(10_000));
    socket.write('\nnext\n');
    await session.until(({ texts }) => texts.length === 1);
    expect(session).toMatchObject({ texts: ['next'], tooLong: 1 });
    socket.destroy();
  });

  test('answers what was asked before the other end said its last, then ends the connection', async () => {
    const port = await open();
    probes.onText = ({ wire }, text) => wire.write(Buffer.from(`${text}!\n`));
    const socket = await dial(port);
    socket.end('last\n');
    expect(await hearOut(socket)).toBe('last!\n');
    await probes.sessions[0]?.until(({ gone }) => gone);
    expect(listener?.connections).toBe(0);
  });

  test('ends a connection after what the session wrote, and lets nothing more through', async () => {
    const port = await open();
    probes.onText = ({ wire }) => {
      wire.write(Buffer.from('bye\n'));
      wire.end();
    };
    const socket = await dial(port);
    socket.write('quit\nmore\n');
    expect(await hearOut(socket)).toBe('bye\n');
    expect(probes.sessions[0]?.texts).toEqual(['quit']);
  });

  test('destroys a connection whose other end does not close it', async () => {
    const port = await open();
    const [socket, session] = await Promise.all([dial(port), probes.next()]);
    socket.pause();
    socket.allowHalfOpen = true;
    session.wire.end();
    for (let second = 0; second < 7; second++) shared.clock.advance(1000);
    await session.until(({ gone }) => gone);
    expect(listener?.connections).toBe(0);
    socket.destroy();
  });

  test('survives a connection that is reset', async () => {
    const port = await open();
    const [socket, session] = await Promise.all([dial(port), probes.next()]);
    socket.resetAndDestroy();
    await session.until(({ gone }) => gone);
    expect(session.wire.write(Buffer.from('x'))).toBe(false);
  });

  test('ticks every session once a second', async () => {
    const port = await open();
    const [first] = await Promise.all([probes.next(), dial(port)]);
    const [second] = await Promise.all([probes.next(), dial(port)]);
    shared.clock.advance(3000);
    expect([first.ticks, second.ticks]).toEqual([3, 3]);
  });

  test('turns away one connection too many, in words', async () => {
    const port = await open({ maxConnections: 1, tooManyLine: 'error (too many connections)\n' });
    const [first] = await Promise.all([dial(port), probes.next()]);
    expect(await hearOut(await dial(port))).toBe('error (too many connections)\n');
    expect(shared.incidents.counts()).toEqual({ 'oocsi PEER_TOO_MANY': 1 });
    expect(listener?.connections).toBe(1);
    first.destroy();
  });

  test('ends one connection, not the gateway, when a session fails', async () => {
    const port = await open();
    probes.onText = (_session, text) => {
      if (text === 'fault') throw new Error('a fault of ours');
    };
    const [socket, session] = await Promise.all([dial(port), probes.next()]);
    const [other, otherSession] = await Promise.all([dial(port), probes.next()]);
    socket.write('fault\n');
    await session.until(({ gone }) => gone);
    other.write('fine\n');
    await otherSession.until(({ texts }) => texts.length === 1);
    expect(otherSession.gone).toBe(false);
    other.destroy();
  });

  test('says goodbye to everyone when it is closed, and waits for no one longer than allowed', async () => {
    const port = await open();
    const [polite, politeSession] = await Promise.all([dial(port), probes.next()]);
    const [rude, rudeSession] = await Promise.all([dial(port), probes.next()]);
    rude.pause();
    rude.allowHalfOpen = true;
    politeSession.wire.write(Buffer.from('bye\n'));
    const closed = listener?.close(500);
    expect(await hearOut(polite)).toBe('bye\n');
    shared.clock.advance(500);
    await closed;
    expect(rudeSession.gone).toBe(true);
    rude.destroy();
  });

  test('serves 1,000 connections that come at once', async () => {
    const port = await open();
    probes.onText = ({ wire }, text) => wire.write(Buffer.from(`welcome ${text}\n`));
    const sockets = await Promise.all(
      Array.from({ length: 1000 }, async (_, index) => {
        const socket = await dial(port);
        socket.write(`${index}\n`);
        const [answer] = await once(socket, 'data');
        expect(String(answer)).toBe(`welcome ${index}\n`);
        return socket;
      }),
    );
    expect(listener?.connections).toBe(1000);
    for (const socket of sockets) socket.destroy();
  });
});

describe('a slow reader', () => {
  test('gets whole lines only, within bounds, while others get everything', async () => {
    const maxQueueBytes = 256 * 1024;
    const port = await open({ outboxLimits: { maxQueueBytes, fairShareBytes: 1024 } });
    const [slow, slowSession] = await Promise.all([dial(port), probes.next()]);
    const [fast, fastSession] = await Promise.all([dial(port), probes.next()]);
    slow.pause();
    let fastBytes = 0;
    fast.on('data', (chunk: Buffer) => {
      fastBytes += chunk.length;
    });
    const line = Buffer.from(`${'x'.repeat(9999)}\n`);
    let refused = 0;
    const count = 2000;
    for (let sent = 0; sent < count; sent++) {
      if (!slowSession.wire.write(line)) refused++;
      expect(fastSession.wire.write(line)).toBe(true);
      while (fastBytes < (sent + 1) * line.length) await once(fast, 'data');
    }
    expect(refused).toBeGreaterThan(0);
    expect(shared.budget.usedBytes).toBeLessThanOrEqual(maxQueueBytes);
    slow.resume();
    slowSession.wire.end();
    const heard = await hearOut(slow);
    expect(heard.length).toBe((count - refused) * line.length);
    await slowSession.until(({ gone }) => gone);
    expect(shared.budget.usedBytes).toBe(0);
    fast.destroy();
  });
});

describe('a listener of streams', () => {
  test('hands sockets over, and ends them when their other end does', async () => {
    const streams: Duplex[] = [];
    listener = await openStreamListener({
      ...shared,
      host: '127.0.0.1',
      port: 0,
      listener: 'mqtt',
      maxConnections: 1,
      accept: (stream, peer) => {
        streams.push(stream);
        stream.on('data', (chunk) => stream.write(`${peer} said ${chunk}`));
      },
    });
    const socket = await dial(listener.address.port);
    expect(await hearOut(await dial(listener.address.port))).toBe('');
    socket.end('hi');
    expect(await hearOut(socket)).toMatch(/^127\.0\.0\.1:\d+ said hi$/);
    expect(streams).toHaveLength(1);
    expect(shared.incidents.counts()).toEqual({ 'mqtt PEER_TOO_MANY': 1 });
  });

  test('destroys what is still open when its time is over', async () => {
    listener = await openStreamListener({
      ...shared,
      host: '127.0.0.1',
      port: 0,
      listener: 'mqtt',
      accept: (stream) => stream.resume(),
    });
    const socket = await dial(listener.address.port);
    const heard = hearOut(socket);
    const closed = listener.close(300);
    shared.clock.advance(300);
    await closed;
    expect(await heard).toBe('');
  });
});
