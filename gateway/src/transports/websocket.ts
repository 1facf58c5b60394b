import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { ErrorCode } from '../common/errors.ts';
import { rawErrorAnswer } from '../common/http-error.ts';
import type { Clock } from '../hub/clock.ts';
import type { Incidents } from '../observability/incidents.ts';
import type { Log } from '../observability/log.ts';
import type { BinarySession, TextSession, Wire } from '../protocols/wire.ts';
import { closeWithin, peerOf } from './door.ts';
import type { OutboxLimits, QueueBudget, WriteTurn } from './outbox.ts';
import { type BinaryWire, StreamConnection, TextConnection, type WebSocketConnection } from './websocket-connection.ts';
import { CLOSE_TIMEOUT_MS, DoorSocket } from './websocket-socket.ts';

const TICK_MS = 1000;
const KEEP_ALIVE_MS = 30_000;
/** Service Restart: clients that reconnect should, a little later. */
const SERVICE_RESTART = 1012;

/** What a connection brought by HTTP Basic. */
export interface Credentials {
  username: string;
  password: string;
}

export interface WebSocketDoorOptions {
  /** Whose upgrade requests this door answers. */
  server: Server;
  maxConnections: number;
  /** How often peers are pinged; rounded to seconds. One that misses two pings is disconnected. */
  pingIntervalMs: number;
  /** The longest CrossComm message. */
  maxMessageBytes: number;
  /** The longest OOCSI message. */
  maxOocsiBytes: number;
  /** The longest message that carries MQTT; it may hold several packets. Default: as for CrossComm. */
  maxMqttBytes?: number;
  turn: WriteTurn;
  budget: QueueBudget;
  outboxLimits: OutboxLimits;
  clock: Clock;
  incidents: Incidents;
  log: Log;
  /** Why an upgrade is refused, as the page that asks may not connect; default: all may. */
  refusal?(request: IncomingMessage): { status: number; message: string } | undefined;
  /** Who comes by any path that is nobody else's. */
  createCrossComm(wire: Wire, credentials: Credentials | undefined): TextSession;
  /** Who comes by the same paths and begins with a binary message; default: nobody may. */
  createFrames?(wire: BinaryWire): BinarySession;
  /** Who comes by `/ws`. */
  createOocsi(wire: Wire): TextSession;
  /** Who comes by `/mqtt`. */
  acceptMqtt(stream: Duplex, peer: string): void;
}

export interface WebSocketDoor {
  /** How many connections are open now. */
  readonly connections: number;
  /** Lets nobody in any more, says goodbye to everyone, and after `graceMs` without ado. The server is not closed. */
  close(graceMs: number): Promise<void>;
}

/** The first that is offered of these is chosen, and none at all where none is offered. */
const MQTT_SUBPROTOCOLS = ['mqtt', 'mqttv3.1'];

type Route = 'crosscomm' | 'oocsi' | 'mqtt';

/**
 * Answers the upgrade requests of an HTTP server: CrossComm, OOCSI for browsers and MQTT, told apart by their path; MQTT by its
 * subprotocol too.
 */
export function createWebSocketDoor(options: WebSocketDoorOptions): WebSocketDoor {
  const { server, clock, incidents } = options;
  const connections = new Set<WebSocketConnection>();
  const upgraders: Record<Route, WebSocketServer> = {
    crosscomm: createUpgrader('crosscomm', options),
    oocsi: createUpgrader('oocsi', options),
    mqtt: createUpgrader('mqtt', options),
  };
  let whenEmpty: (() => void) | undefined;

  const onUpgrade = (request: IncomingMessage, duplex: Duplex, head: Buffer): void => {
    // The server listens on TCP, so its connections are sockets.
    const raw = duplex as Socket;
    const peer = peerOf(raw);
    const route = routeOf(request);
    const refusal = options.refusal?.(request);
    if (refusal) {
      const { status, message } = refusal;
      incidents.report({ door: route, who: peer, code: 'PEER_NOT_ALLOWED', message });
      refuse(raw, status, 'PEER_NOT_ALLOWED', message);
      return;
    }
    if (connections.size >= options.maxConnections) {
      incidents.report({
        door: route,
        who: peer,
        code: 'PEER_TOO_MANY',
        message: `A connection was refused because ${connections.size} are open, the most that limits.maxConnections allows.`,
      });
      refuse(raw, 503, 'PEER_TOO_MANY', 'The gateway has as many connections as it may have; try again later.');
      return;
    }
    raw.setKeepAlive(true, KEEP_ALIVE_MS);
    const credentials = readCredentials(request.headers.authorization);
    upgraders[route].handleUpgrade(request, raw, head, (socket) => {
      const connection = connect(route, socket as DoorSocket, raw, peer, credentials, options);
      connections.add(connection);
      socket.once('close', () => {
        connections.delete(connection);
        if (connections.size === 0) whenEmpty?.();
      });
    });
  };
  server.on('upgrade', onUpgrade);

  const stopTicking = clock.every(TICK_MS, () => {
    const now = clock.monotonicMs();
    for (const connection of connections) connection.tick(now);
  });

  return {
    get connections() {
      return connections.size;
    },
    async close(graceMs) {
      server.off('upgrade', onUpgrade);
      server.on('upgrade', turnAway);
      const empty = new Promise<void>((resolve) => {
        if (connections.size === 0) resolve();
        else whenEmpty = resolve;
      });
      for (const connection of connections) connection.close(SERVICE_RESTART, 'the gateway is stopping');
      await closeWithin(clock, graceMs, empty, () => {
        for (const connection of connections) connection.terminate();
      });
      stopTicking();
    },
  };
}

function createUpgrader(route: Route, options: WebSocketDoorOptions): WebSocketServer {
  // The types of ws do not know closeTimeout yet.
  const settings: ConstructorParameters<typeof WebSocketServer>[0] & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limitOf(route, options),
    closeTimeout: CLOSE_TIMEOUT_MS,
    WebSocket: DoorSocket,
  };
  settings.handleProtocols = (offered) =>
    (route === 'mqtt' && MQTT_SUBPROTOCOLS.find((name) => offered.has(name))) || false;
  const upgrader = new WebSocketServer(settings);
  upgrader.on('wsClientError', (error, duplex, request) => {
    const raw = duplex as Socket;
    options.incidents.report({
      door: route,
      who: peerOf(raw),
      code: 'PEER_MALFORMED',
      message: `A request to open a WebSocket was refused: ${error.message}.`,
    });
    refuse(raw, request.method === 'GET' ? 400 : 405, 'PEER_MALFORMED', `${error.message}.`);
  });
  return upgrader;
}

function limitOf(route: Route, options: WebSocketDoorOptions): number {
  if (route === 'crosscomm') return options.maxMessageBytes;
  return route === 'oocsi' ? options.maxOocsiBytes : (options.maxMqttBytes ?? options.maxMessageBytes);
}

/** MQTT's clients name their subprotocol (3.1.1, section 6), and many let their user leave out the path. */
function routeOf({ url = '/', headers }: IncomingMessage): Route {
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
  if (offered?.some((name) => MQTT_SUBPROTOCOLS.includes(name))) return 'mqtt';
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  if (path === '/ws' || path === '/ws/') return 'oocsi';
  return path === '/mqtt' || path === '/mqtt/' ? 'mqtt' : 'crosscomm';
}

function connect(
  route: Route,
  socket: DoorSocket,
  raw: Socket,
  peer: string,
  credentials: Credentials | undefined,
  options: WebSocketDoorOptions,
): WebSocketConnection {
  const limit = limitOf(route, options);
  if (route === 'mqtt') {
    const connection = new StreamConnection(socket, peer, route, limit, options);
    options.acceptMqtt(connection.stream, peer);
    return connection;
  }
  if (route === 'oocsi') {
    return new TextConnection(socket, raw, peer, route, limit, options, (wire) => options.createOocsi(wire));
  }
  const createCrossComm = (wire: Wire): TextSession => options.createCrossComm(wire, credentials);
  return new TextConnection(socket, raw, peer, route, limit, options, createCrossComm, options.createFrames);
}

/** Reads an Authorization header of RFC 7617; undefined where it is something else. */
function readCredentials(header: string | undefined): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function turnAway(_request: IncomingMessage, duplex: Duplex): void {
  refuse(duplex as Socket, 503, 'PEER_TOO_MANY', 'The gateway is stopping.');
}

function refuse(raw: Socket, status: number, code: ErrorCode, sentence: string): void {
  raw.on('error', () => raw.destroy());
  raw.once('finish', () => raw.destroy());
  raw.end(rawErrorAnswer(status, code, sentence));
}
