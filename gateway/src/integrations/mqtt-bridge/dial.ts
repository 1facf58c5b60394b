import { readFile } from 'node:fs/promises';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Clock } from '../../common/clock.ts';
import type { BridgeConfig } from '../../config/bridges.ts';
import { BridgeFault, faultOf } from './faults.ts';

/** How long a broker has to take a connection. */
const DIAL_MS = 10_000;
const PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883 };

/** Where a broker is: `broker.example.org:8883`. */
export function placeOf(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return port === '' && PORTS[protocol] !== undefined ? `${hostname}:${PORTS[protocol]}` : new URL(url).host;
}

/** Opens a stream to a broker. Rejects with a BridgeFault; `signal` gives it up. */
export async function dial(
  config: Pick<BridgeConfig, 'url' | 'tls'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Duplex> {
  const wait = { clock, signal };
  const url = new URL(config.url);
  const files = await readFiles(config.tls);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const options = { host, port: Number(url.port || PORTS[url.protocol]), noDelay: true, ...files };
  switch (url.protocol) {
    case 'mqtt:':
      return await opened(connectTcp(options), 'connect', wait);
    case 'mqtts:':
      return await opened(connectTls({ ...options, ...nameOf(host) }), 'secureConnect', wait);
    default: {
      const { WebSocket, createWebSocketStream } = await import('ws');
      if (url.pathname === '/') url.pathname = '/mqtt';
      const socket = new WebSocket(url, ['mqtt'], { handshakeTimeout: DIAL_MS, ...files });
      const stream = createWebSocketStream(socket);
      return await opened(stream, socket, wait);
    }
  }
}

/** The name that the certificate must have; there is none of an address. */
function nameOf(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

async function readFiles({ authorityFile, certificateFile, keyFile }: BridgeConfig['tls']) {
  try {
    return {
      ...(authorityFile !== undefined && { ca: await readFile(authorityFile) }),
      ...(certificateFile !== undefined && { cert: await readFile(certificateFile) }),
      ...(keyFile !== undefined && { key: await readFile(keyFile) }),
    };
  } catch (error) {
    throw faultOf(error as Error);
  }
}

/** `on`: the event of the stream, or the WebSocket whose `open` is waited for. */
function opened(
  stream: Duplex,
  on: string | { once(event: 'open', then: () => void): unknown },
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const fail = (error?: Error): void => {
      done();
      stream.on('error', () => {});
      stream.destroy();
      reject(faultOf(error));
    };
    const late = (): void => fail(new BridgeFault('unreachable', 'it does not answer'));
    const cancel = clock.after(DIAL_MS, late);
    const done = (): void => {
      cancel();
      stream.removeListener('error', fail);
      stream.removeListener('close', closed);
      signal.removeEventListener('abort', late);
    };
    const closed = (): void => fail();
    const ready = (): void => {
      done();
      resolve(stream);
    };
    stream.once('error', fail);
    stream.once('close', closed);
    signal.addEventListener('abort', late);
    if (typeof on === 'string') stream.once(on, ready);
    else on.once('open', ready);
  });
}
