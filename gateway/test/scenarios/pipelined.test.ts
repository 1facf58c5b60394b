import { once } from 'node:events';
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { createOssKeys } from '@crosscomm/testing/oss-keys';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signatureOf } from '../oss/support.ts';

/** More than the system takes at once for a reader who reads nothing. */
const LARGE = Buffer.alloc(8 * 1024 * 1024);

let gateway: GatewayProcess;
/** Where the large object is. */
let object: string;
const sockets: Socket[] = [];

beforeAll(async () => {
  gateway = new GatewayProcess();
  const folder = join(gateway.folder, 'www');
  mkdirSync(folder);
  writeFileSync(join(folder, 'large.bin'), LARGE);
  gateway = new GatewayProcess({ pages: { folder, port: 0 } });
  await gateway.start();
  const answer = await fetch(`${base()}/objects/large.bin`, { method: 'PUT', body: LARGE });
  expect(answer.status).toBe(201);
  const { key } = (await answer.json()) as { key: string };
  object = `/objects/${key}`;
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => gateway.dispose());

const base = (): string => `http://127.0.0.1:${gateway.ready.http.port}`;
/** How much the gateway has open: files and connections, but for those of its database, which opens and closes some by itself. */
function openFiles(): number {
  const folder = `/proc/${gateway.pid}/fd`;
  return readdirSync(folder).filter((each) => {
    try {
      return !readlinkSync(join(folder, each)).startsWith(join(gateway.dataDir, 'state'));
    } catch {
      // It was closed in between.
      return false;
    }
  }).length;
}

/** Asks for all of these at once on one connection. */
function ask(port: number, paths: readonly string[]): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`).join(''));
  return socket;
}

interface Status {
  clients: { online: number };
  incidents: Record<string, number>;
}

async function status(): Promise<Status> {
  return (await (await fetch(`${base()}/status`)).json()) as Status;
}

describe('requests that do not wait for the answer before', () => {
  it.each([
    ['an object', 'http', (): string => object],
    ['a page of the operator’s own', 'pages', (): string => '/large.bin'],
    ['the client for pages', 'http', (): string => '/client.js'],
  ] as const)('leave nothing open of %s once their connection is gone', async (_, listener, path) => {
    await status();
    const before = openFiles();
    const port = gateway.ready[listener]?.port ?? -1;
    const socket = ask(port, Array(50).fill(path()));
    await once(socket, 'readable');
    socket.destroy();
    await expect.poll(openFiles).toBeLessThanOrEqual(before);
  });

  it('leave nothing open where the answer before ended their connection', async () => {
    const { OSS_ACCESS_KEY_ID: id, OSS_ACCESS_KEY_SECRET: secret = '' } = await createOssKeys(gateway, 'behind');
    const path = object.replace('/objects', '/crosscomm');
    const date = new Date().toUTCString();
    const signature = signatureOf(secret, 'GET', path, { 'x-oss-date': date });
    const head = ['Host: 127.0.0.1', `x-oss-date: ${date}`, `Authorization: OSS ${id}:${signature}`];
    // What waits to be asked for a body, and is not, gets an answer that ends its connection.
    const get = (...more: string[]): string => `GET ${path} HTTP/1.1\r\n${[...head, ...more].join('\r\n')}\r\n\r\n`;
    const before = openFiles();
    const socket = connect(gateway.ready.oss.port, '127.0.0.1');
    sockets.push(socket);
    socket.write(get('Expect: 100-continue') + get());
    await buffer(socket);
    await expect.poll(openFiles).toBeLessThanOrEqual(before);
  });

  it('leave no event stream behind', async () => {
    const before = (await status()).clients.online;
    const socket = ask(gateway.ready.http.port, Array(50).fill('/subscribe/news'));
    await once(socket, 'readable');
    expect((await status()).clients.online).toBe(before + 1);
    socket.destroy();
    await expect.poll(async () => (await status()).clients.online).toBe(before);
  });

  it('are answered in their order', async () => {
    const socket = ask(gateway.ready.http.port, ['/channels', '/objects/nothing', '/status', object]);
    let text = '';
    const answers = (): string[] => text.match(/HTTP\/1\.1 \d{3}/g) ?? [];
    socket.on('data', (data) => {
      if (answers().length < 4) text += data.toString('latin1');
    });
    await expect.poll(answers).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200', 'HTTP/1.1 200']);
  });

  it.each(['http', 'oss'] as const)('end their connection at the listener %s where too many wait', async (listener) => {
    const socket = ask(gateway.ready[listener].port, Array(5000).fill(object));
    socket.on('data', () => socket.pause());
    // Who reads nothing finds out by writing that the connection is gone.
    const knocking = setInterval(() => socket.write('GET / HTTP/1.1\r\n'), 100);
    await new Promise((done) => socket.once('close', done));
    clearInterval(knocking);
    expect((await status()).incidents[`${listener} PEER_TOO_MANY`]).toBe(1);
    expect((await fetch(`${base()}/channels`)).status).toBe(200);
  });
});
