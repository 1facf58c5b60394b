import { once } from 'node:events';
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { tappableStream } from '../../src/transports/tapped-stream.ts';

const ends: (() => unknown)[] = [];

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Both ends of a connection. */
async function connected(): Promise<{ here: Socket; there: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const there = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  const [here] = (await once(server, 'connection')) as [Socket];
  ends.push(
    () => server.close(),
    () => here.destroy(),
    () => there.destroy(),
  );
  return { here, there };
}

/** What somebody saw of a connection. */
function watched(socket: Socket): { seen: string[]; end(): void } {
  const seen: string[] = [];
  const end = tappableStream(socket, { listener: 'test', by: 'tcp', isStream: true, peer: 'x' }).tap({
    received: (bytes) => void seen.push(`in ${Buffer.from(bytes)}`),
    sent: (bytes) => void seen.push(`out ${Buffer.from(bytes)}`),
    closed: () => void seen.push('closed'),
  });
  return { seen, end };
}

test('what comes is seen before its reader has it, and what leaves as it leaves', async () => {
  const { here, there } = await connected();
  const { seen } = watched(here);
  here.on('data', (chunk: Buffer) => {
    seen.push(`read ${chunk}`);
    here.cork();
    here.write('one,');
    here.write(Buffer.from('two'));
    here.uncork();
    here.end('three');
  });
  const closed = once(here, 'close');
  there.write('hello');
  let heard = '';
  for await (const chunk of there) heard += chunk;
  there.end();
  await closed;
  expect(heard).toBe('one,twothree');
  expect(seen).toEqual(['in hello', 'read hello', 'out one,', 'out two', 'out three', 'closed']);
});

test('a connection that is not watched any more is as it was', async () => {
  const { here, there } = await connected();
  const { seen, end } = watched(here);
  expect(here.readableFlowing).toBe(null);
  end();
  here.on('data', (chunk: Buffer) => here.end(chunk));
  there.write('echo');
  const [answer] = (await once(there, 'data')) as [Buffer];
  expect(answer.toString()).toBe('echo');
  expect(seen).toEqual([]);
  expect(here.listenerCount('data')).toBe(1);
});
