import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { createOssKeys } from '@crosscomm/testing/oss-keys';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { signatureOf } from '../oss/support.ts';

const SIZES = [0, 100, 200_000, 8 * 1024 * 1024];
/** Readers at the same time. */
const READERS = 8;

let gateway: GatewayProcess;
let id = '';
let secret = '';
/** The keys of objects of these sizes. */
const keys: string[] = [];
/** The whole address that a recipient gets, of each. */
const links: string[] = [];

beforeAll(async () => {
  gateway = new GatewayProcess();
  await gateway.start();
  for (const size of SIZES) {
    const init = { method: 'PUT', body: Buffer.alloc(size, 1) };
    const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/objects/${size}.bin`, init);
    const { key, url } = (await answer.json()) as { key: string; url: string };
    keys.push(key);
    links.push(new URL(url).pathname + new URL(url).search);
  }
  const env = await createOssKeys(gateway, 'reader');
  id = env.OSS_ACCESS_KEY_ID ?? '';
  secret = env.OSS_ACCESS_KEY_SECRET ?? '';
});
afterAll(() => gateway.dispose());

/** The objects that the gateway has open; its database opens and closes files of its own. */
function openObjects(): string[] {
  const folder = `/proc/${gateway.pid}/fd`;
  return readdirSync(folder).flatMap((each) => {
    try {
      const file = readlinkSync(join(folder, each));
      return file.startsWith(join(gateway.dataDir, 'objects')) ? [file] : [];
    } catch {
      // It was closed in between.
      return [];
    }
  });
}

function head(start: string, ...headers: string[]): string {
  return `${[`${start} HTTP/1.1`, 'Host: 127.0.0.1', ...headers].join('\r\n')}\r\n\r\n`;
}

function byOss(method: string, key: string, ...headers: string[]): string {
  const date = new Date().toUTCString();
  const path = `/crosscomm/${key}`;
  const signature = signatureOf(secret, method, path, { 'x-oss-date': date });
  return head(`${method} ${path}`, `x-oss-date: ${date}`, `Authorization: OSS ${id}:${signature}`, ...headers);
}

type Ask = (key: string, index: number) => string;
const path = (key: string): string => `/objects/${key}`;

function readable(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('readable', () => resolve(undefined)));
}

/** When a reader goes away. */
const MOMENTS: Record<string, (socket: Socket) => Promise<unknown>> = {
  'at once': async () => {},
  'with the first bytes': readable,
  // Its own side only: it is still there for the answer.
  'after it said so': async (socket) => {
    socket.end();
    await readable(socket);
  },
};

async function readAndGo(port: number, text: string, moment: (socket: Socket) => Promise<unknown>): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'connect');
  await new Promise<void>((written) => socket.write(text, () => written()));
  await Promise.race([moment(socket), closed]);
  socket.resetAndDestroy();
  await closed;
}

it('a reader that does not read on has its file open until it goes away', async () => {
  const socket = connect(gateway.ready.http.port, '127.0.0.1');
  socket.write(head(`GET ${path(keys.at(-1) as string)}`));
  await readable(socket);
  await expect.poll(openObjects).toHaveLength(1);
  socket.destroy();
  await expect.poll(openObjects).toEqual([]);
});

it.each<[string, 'http' | 'oss', Ask]>([
  ['an object', 'http', (key) => head(`GET ${path(key)}`)],
  ['its description', 'http', (key) => head(`HEAD ${path(key)}`)],
  ['a part', 'http', (key) => head(`GET ${path(key)}`, 'Range: bytes=0-50')],
  ['a part that there is not', 'http', (key) => head(`GET ${path(key)}`, 'Range: bytes=99999999-')],
  ['what it has already', 'http', (key) => head(`GET ${path(key)}`, 'If-None-Match: *')],
  ['another version', 'http', (key) => head(`GET ${path(key)}`, 'If-Match: "another"')],
  ['a link', 'http', (_, index) => head(`GET ${links[index]}`)],
  ['an image', 'http', (key) => head(`GET ${path(key)}?width=10`)],
  ['an object by OSS', 'oss', (key) => byOss('GET', key)],
  ['its description by OSS', 'oss', (key) => byOss('HEAD', key)],
  ['a part by OSS', 'oss', (key) => byOss('GET', key, 'Range: bytes=0-50')],
])('readers of %s that go away leave no file open', async (_, listener, ask) => {
  for (const [index, key] of keys.entries()) {
    for (const moment of Object.values(MOMENTS)) {
      const readers = Array.from({ length: READERS }, () =>
        readAndGo(gateway.ready[listener].port, ask(key, index), moment),
      );
      await Promise.all(readers);
    }
  }
  await expect.poll(openObjects).toEqual([]);
});
