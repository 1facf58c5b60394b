import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readPromptly } from '../../src/transports/prompt-reads.ts';

let server: Server;
let near: Socket;
let far: Socket;
beforeEach(async () => {
  server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'connection');
  far = new Socket().connect((server.address() as AddressInfo).port, '127.0.0.1');
  [near] = (await accepted) as [Socket];
  readPromptly(near);
});
afterEach(async () => {
  far.destroy();
  near.destroy();
  server.close();
  await once(server, 'close');
});

/** Reads until so many bytes are there. */
async function read(bytes: number): Promise<string> {
  let text = '';
  while (text.length < bytes) text += String(await once(near, 'data'));
  return text;
}

test('what comes reaches all readers, also what came before there was one', async () => {
  far.write('early, ');
  await expect.poll(() => near.readableLength).toBe(7);
  const seen: string[] = [];
  near.on('data', (chunk) => seen.push(String(chunk)));
  expect(await read(7)).toBe('early, ');
  far.write('late');
  expect(await read(4)).toBe('late');
  expect(seen.join('')).toBe('early, late');
});

test('none of it waits in the queue of the stream', async () => {
  const lengths: number[] = [];
  near.on('data', () => lengths.push(near.readableLength));
  far.write('one');
  await read(3);
  far.write('two');
  await read(3);
  expect(lengths.every((length) => length === 0)).toBe(true);
});

test('a socket that is paused holds what comes, has the other end wait, and hands all of it over in order', async () => {
  const total = 8 * 1024 * 1024;
  const sent = Buffer.alloc(total);
  for (let at = 0; at < total; at += 4) sent.writeUInt32BE(at, at);
  const got: Buffer[] = [];
  let bytes = 0;
  const all = new Promise<void>((resolve) => {
    near.on('data', (chunk: Buffer) => {
      got.push(chunk);
      bytes += chunk.length;
      near.pause();
      setImmediate(() => near.resume());
      if (bytes === total) resolve();
    });
  });
  far.write(sent);
  await all;
  expect(Buffer.concat(got).equals(sent)).toBe(true);
});

test('while it is paused, its queue stays as short as that of any socket', async () => {
  near.on('data', () => near.pause());
  far.write(Buffer.alloc(16 * 1024 * 1024));
  await once(near, 'data');
  await expect.poll(() => near.readableLength).toBeGreaterThanOrEqual(near.readableHighWaterMark);
  expect(near.readableLength).toBeLessThan(near.readableHighWaterMark + 1024 * 1024);
  expect(far.writableLength).toBeGreaterThan(0);
});

test('the end comes behind what came before it', async () => {
  const events: string[] = [];
  near.on('data', (chunk) => events.push(String(chunk)));
  near.on('end', () => events.push('end'));
  const ended = once(near, 'end');
  far.end('the last');
  await ended;
  expect(events).toEqual(['the last', 'end']);
});

test('nothing more is asked for after a piece: the socket reads on by itself', async () => {
  near.on('data', () => {});
  far.write('one');
  await read(3);
  let asked = 0;
  const before = near.read;
  near.read = (size) => {
    asked++;
    return before.call(near, size);
  };
  far.write('two');
  expect(await read(3)).toBe('two');
  await new Promise(setImmediate);
  expect(asked).toBe(0);
});
