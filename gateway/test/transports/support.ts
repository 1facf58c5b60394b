import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createConnection, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { WebSocket } from 'ws';
import { silentLog } from '../../src/common/log.ts';
import { Incidents } from '../../src/observability/incidents.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';
import { QueueBudget, WriteTurn } from '../../src/transports/outbox.ts';
import {
  createWebSocketListener,
  type WebSocketListener,
  type WebSocketListenerOptions,
} from '../../src/transports/websocket.ts';
import { type StreamRoute, type TextRoute, WebSocketRoutes } from '../../src/transports/websocket-routes.ts';
import type { TextSession, Wire } from '../../src/transports/wire.ts';

/** What every listener is given here, on a clock that the test moves. */
export function buildShared() {
  const clock = new FakeClock();
  const metrics = new MetricsRegistry();
  return {
    clock,
    metrics,
    incidents: new Incidents(clock, silentLog, metrics),
    log: silentLog,
    turn: new WriteTurn(),
    budget: new QueueBudget(64 * 1024 * 1024),
    outboxLimits: { maxQueueBytes: 4 * 1024 * 1024, fairShareBytes: 64 * 1024 },
    maxConnections: 2000,
  };
}

/** A session that notes what it is told, and lets a test wait for it. */
export class ProbeSession implements TextSession {
  readonly wire: Wire;
  readonly texts: string[] = [];
  tooLong = 0;
  ticks = 0;
  gone = false;
  /** What to do with each text. */
  onText: (text: string) => void = () => {};
  readonly #waiting: (() => void)[] = [];

  constructor(wire: Wire) {
    this.wire = wire;
  }

  receive(text: string): void {
    this.texts.push(text);
    this.onText(text);
    this.#changed();
  }
  receiveTooLong(): void {
    this.tooLong++;
    this.#changed();
  }
  tick(): void {
    this.ticks++;
  }
  disconnected(): void {
    this.gone = true;
    this.#changed();
  }

  /** Resolves once `condition` holds. */
  async until(condition: (session: this) => boolean): Promise<void> {
    while (!condition(this)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

/** Hands out probe sessions, and lets a test wait for the next one. */
export class Probes {
  readonly sessions: ProbeSession[] = [];
  readonly #waiting: ((session: ProbeSession) => void)[] = [];
  onText: (session: ProbeSession, text: string) => void = () => {};

  readonly create = (wire: Wire): ProbeSession => {
    const session = new ProbeSession(wire);
    session.onText = (text) => this.onText(session, text);
    this.sessions.push(session);
    this.#waiting.shift()?.(session);
    return session;
  };

  next(): Promise<ProbeSession> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

export async function dial(port: number): Promise<Socket> {
  const socket = createConnection({ host: '127.0.0.1', port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Everything a socket says until it is closed. */
export async function hearOut(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // Not by `once`, which an error would have reject: it is closed all the same.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return Buffer.concat(chunks).toString('latin1');
}

export interface WebHouse extends ReturnType<typeof buildShared> {
  listener: WebSocketListener;
  server: Server;
  port: number;
  crosscomm: Probes;
  oocsi: Probes;
  open(path: string, options?: { protocols?: string[]; headers?: Record<string, string> }): Promise<WebSocket>;
  /** A bare socket whose upgrade was accepted, or, without `accepted`, merely asked for. */
  upgrade(path: string, accepted?: boolean): Promise<Socket>;
  /** The server's ends of its connections. */
  sockets(): Set<Socket>;
  stop(): Promise<void>;
}

/** What a test sets of the listener, and who gets its connections. */
export interface WebHouseOptions extends Partial<Omit<WebSocketListenerOptions, 'routes'>> {
  pingIntervalMs?: number;
  maxMessageBytes?: number;
  maxOocsiBytes?: number;
  createCrossComm?: TextRoute['createSession'];
  createOocsi?: TextRoute['createSession'];
  createFrames?: Parameters<WebSocketRoutes['takeBinary']>[0];
  acceptMqtt?: StreamRoute['accept'];
}

/** An HTTP server with a WebSocket listener on a free port, with the routes that the gateway has. */
export async function openWebHouse(options: WebHouseOptions = {}): Promise<WebHouse> {
  const shared = buildShared();
  const server = createServer((_request, response) => response.end('plain'));
  const crosscomm = new Probes();
  const oocsi = new Probes();
  const { pingIntervalMs = 20_000, maxMessageBytes = 1_048_576, maxOocsiBytes = 1000, ...given } = options;
  const {
    createCrossComm = crosscomm.create,
    createOocsi = oocsi.create,
    createFrames,
    acceptMqtt = (stream: Duplex) => void stream.destroy(),
    ...others
  } = given;
  const routes = new WebSocketRoutes();
  routes.pingIntervalMs = pingIntervalMs;
  routes.add({ listener: 'crosscomm', maxMessageBytes, createSession: createCrossComm });
  routes.add({ listener: 'oocsi', paths: ['/ws'], maxMessageBytes: maxOocsiBytes, createSession: createOocsi });
  routes.add({
    listener: 'mqtt',
    paths: ['/mqtt'],
    subprotocols: ['mqtt', 'mqttv3.1'],
    maxMessageBytes,
    textRefusal: 'MQTT is spoken in binary messages',
    accept: acceptMqtt,
  });
  if (createFrames) routes.takeBinary(createFrames);
  const listener = createWebSocketListener({ ...shared, server, routes, ...others });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  const clients: WebSocket[] = [];
  return {
    ...shared,
    listener,
    server,
    port,
    crosscomm,
    oocsi,
    async open(path, { protocols = [], headers = {} } = {}) {
      const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers });
      clients.push(client);
      client.on('error', () => {});
      await once(client, 'open');
      return client;
    },
    async upgrade(path, accepted = true) {
      const socket = await dial(port);
      const answered = once(socket, 'data');
      answered.catch(() => {});
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      if (accepted) await answered;
      return socket;
    },
    sockets: () => sockets,
    async stop() {
      for (const client of clients) client.terminate();
      const closed = listener.close(1000);
      shared.clock.advance(1000);
      await closed;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
