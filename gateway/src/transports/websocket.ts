import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Clock } from '../common/clock.ts';
import type { ErrorCode } from '../common/errors.ts';
import type { Metrics } from '../common/metrics.ts';
import type { Incidents } from '../observability/incidents.ts';
import type { ClientAddresses } from './client-address.ts';
import { ConnectionCounts } from './connection-counts.ts';
import { closeWithin, peerOf } from './listener.ts';
import type { Taps } from './taps.ts';
import { certificateOf } from './tls/peer-certificate.ts';
import { turnAway } from './turn-away.ts';
import {
  type Asked,
  type ConnectionOptions,
  type ConnectionParts,
  type RouteConnections,
  StreamConnection,
  TextConnection,
  type WebSocketConnection,
} from './websocket-connection.ts';
import type { Credentials, Visitor, WebSocketRoute } from './websocket-routes.ts';
import { CLOSE_TIMEOUT_MS, QueuedSocket } from './websocket-socket.ts';
import type { Brought } from './wire.ts';

const TICK_MS = 1000;
const KEEP_ALIVE_MS = 30_000;
/** Service Restart: clients that reconnect should, a little later. */
const SERVICE_RESTART = 1012;
const PROGRAM: Visitor = { countsBasic: true };
/** What most connections bring. */
const NOTHING: Brought = {};

/** How a request to open a WebSocket is refused. */
export interface UpgradeRefusal {
  status: number;
  message: string;
  /** By default PEER_NOT_ALLOWED. */
  code?: ErrorCode;
}

export interface WebSocketListenerOptions extends ConnectionOptions {
  /** Whose upgrade requests are answered. */
  server: Server;
  maxConnections: number;
  clock: Clock;
  metrics: Metrics;
  /** Where whoever watches connections finds these; by default nobody does. */
  taps?: Taps;
  /** Who stands behind a proxy; by default nobody knows of any. */
  addresses?: ClientAddresses;
  /** Why an upgrade is refused because its web page may not connect; by default all may. */
  refusal?(request: IncomingMessage): UpgradeRefusal | undefined;
  /** What a request says of who opens a WebSocket; by default a program does. */
  visitor?(request: IncomingMessage): Visitor;
}

export interface WebSocketListener {
  /** How many connections are open now. */
  readonly connections: number;
  /** Accepts no more connections, and closes all with a goodbye; after `graceMs` it destroys them. The HTTP server stays open. */
  close(graceMs: number): Promise<void>;
}

/** Upgrades the requests of one route to WebSockets, and counts them. */
interface Upgrader {
  server: WebSocketServer;
  counts: ConnectionCounts;
  common: RouteConnections;
}

/** Answers the upgrade requests of an HTTP server, and hands each connection to the protocol whose route it takes. */
export function createWebSocketListener(options: WebSocketListenerOptions): WebSocketListener {
  const { server, clock, incidents, metrics } = options;
  const connections = new Set<WebSocketConnection>();
  const upgraders = new Map<WebSocketRoute, Upgrader>();
  let whenEmpty: (() => void) | undefined;

  const upgraderOf = (route: WebSocketRoute): Upgrader => {
    const known = upgraders.get(route);
    if (known !== undefined) return known;
    const { listener, maxMessageBytes } = route;
    const counts = new ConnectionCounts(metrics, listener, 'websocket');
    const common: RouteConnections = {
      options,
      listener,
      maxMessageBytes,
      ticksPerPing: Math.max(1, Math.round(options.routes.pingIntervalMs / TICK_MS)),
      createBinary: 'createSession' in route ? options.routes.binaryOf(route) : undefined,
      gone(connection) {
        connections.delete(connection);
        counts.closed();
        if (connections.size === 0) whenEmpty?.();
      },
    };
    const upgrader = { server: createUpgrader(route, incidents), counts, common };
    upgraders.set(route, upgrader);
    return upgrader;
  };

  const onUpgrade = (request: IncomingMessage, duplex: Duplex, head: Buffer): void => {
    // The server listens on TCP, so its connections are sockets.
    const raw = duplex as Socket;
    const peer = options.addresses?.behind(request) ?? peerOf(raw);
    const route = options.routes.find(request);
    if (!route) {
      turnAway(raw, 404, 'PEER_MALFORMED', 'Nobody takes WebSockets at this path.');
      return;
    }
    const { listener } = route;
    const { page, signedIn, countsBasic } = options.visitor?.(request) ?? PROGRAM;
    const refusal =
      options.refusal?.(request) ?? (page !== undefined && !route.provesInside ? foreign(page) : undefined);
    if (refusal) {
      const { status, message, code = 'PEER_NOT_ALLOWED' } = refusal;
      incidents.report({ door: listener, who: peer, code, message });
      turnAway(raw, status, code, message);
      return;
    }
    if (connections.size >= options.maxConnections) {
      incidents.report({
        door: listener,
        who: peer,
        code: 'PEER_TOO_MANY',
        message: `A connection was refused because ${connections.size} are open, the most that limits.maxConnections allows.`,
      });
      turnAway(raw, 503, 'PEER_TOO_MANY', 'The gateway has as many connections as it may have; try again later.');
      return;
    }
    raw.setKeepAlive(true, KEEP_ALIVE_MS);
    const credentials = countsBasic ? readCredentials(request.headers.authorization) : undefined;
    const certificate = countsBasic ? certificateOf(raw) : undefined;
    const bringsSome = page !== undefined || signedIn !== undefined || certificate !== undefined;
    const brought = bringsSome ? { page, signedIn, certificate } : NOTHING;
    const upgrader = upgraderOf(route);
    upgrader.server.handleUpgrade(request, raw, head, (socket) => {
      const parts = { socket: socket as QueuedSocket, raw, peer, brought, common: upgrader.common };
      const connection = connect(parts, route, credentials);
      connections.add(connection);
      options.taps?.watcher?.opened(connection.tappable(askedFor(request, parts.socket, brought, credentials)));
      upgrader.counts.opened();
      if (signedIn !== undefined) connection.endWith(signedIn);
    });
  };
  server.on('upgrade', onUpgrade);
  const untap = options.taps?.add(function* () {
    for (const connection of connections) yield connection.tappable();
  });

  const stopTicking = clock.every(TICK_MS, () => {
    const now = clock.monotonicMs();
    for (const connection of connections) connection.tick(now);
  });

  return {
    get connections() {
      return connections.size;
    },
    async close(graceMs) {
      untap?.();
      server.off('upgrade', onUpgrade);
      server.on('upgrade', refuseAll);
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

function createUpgrader(route: WebSocketRoute, incidents: Incidents): WebSocketServer {
  // The types of ws do not know closeTimeout yet.
  const settings: ConstructorParameters<typeof WebSocketServer>[0] & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: route.maxMessageBytes,
    closeTimeout: CLOSE_TIMEOUT_MS,
    WebSocket: QueuedSocket,
  };
  settings.handleProtocols = (offered) => route.subprotocols?.find((name) => offered.has(name)) ?? false;
  const upgrader = new WebSocketServer(settings);
  upgrader.on('wsClientError', (error, duplex, request) => {
    const raw = duplex as Socket;
    incidents.report({
      door: route.listener,
      who: peerOf(raw),
      code: 'PEER_MALFORMED',
      message: `A request to open a WebSocket was refused: ${error.message}.`,
    });
    turnAway(raw, request.method === 'GET' ? 400 : 405, 'PEER_MALFORMED', `${error.message}.`);
  });
  return upgrader;
}

function connect(
  parts: ConnectionParts,
  route: WebSocketRoute,
  credentials: Credentials | undefined,
): WebSocketConnection {
  if ('createSession' in route) return new TextConnection(parts, route, credentials);
  const connection = new StreamConnection(parts, route);
  route.accept(connection.stream, parts.peer, parts.brought);
  return connection;
}

/** What a request asked for, without a secret: what follows a question mark may be one. */
function askedFor(
  { url = '/' }: IncomingMessage,
  { protocol }: ConnectionParts['socket'],
  { signedIn, certificate }: Brought,
  credentials: Credentials | undefined,
): Asked {
  const [path = '/'] = url.split('?', 1);
  const credential = credentials ? 'basic' : certificate ? 'certificate' : signedIn ? 'page' : undefined;
  return { path, ...(protocol !== '' && { subprotocol: protocol }), ...(credential && { credential }) };
}

/** Reads an Authorization header of RFC 7617; undefined where it is something else. */
function readCredentials(header: string | undefined): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function foreign(page: string): UpgradeRefusal {
  return { status: 403, message: `Pages of ${page} may not connect here.` };
}

function refuseAll(_request: IncomingMessage, duplex: Duplex): void {
  turnAway(duplex as Socket, 503, 'PEER_TOO_MANY', 'The gateway is stopping.');
}
