import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { BinarySession, TextSession, Wire } from './wire.ts';

/** What a connection brought by HTTP Basic. */
export interface Credentials {
  username: string;
  password: string;
}

/** A wire whose units are the contents of binary messages. */
export type BinaryWire = Pick<Wire, 'peer' | 'write'> & { end(): void };

interface RouteOptions {
  /** Who answers, for reports: a configuration key such as `mqtt`. */
  listener: string;
  /** The paths that lead here, without a slash at the end. A route without paths has all that are nobody else's. */
  paths?: readonly string[];
  /** Subprotocols that lead here by any path. The first of them that is offered is chosen; none where none is. */
  subprotocols?: readonly string[];
  /** The longest message, in bytes. */
  maxMessageBytes: number;
}

/** Connections of text messages. */
export interface TextRoute extends RouteOptions {
  /** Takes in a connection. The session may be ended before its first message, where `takeBinary` has the connection taken over. */
  createSession(wire: Wire, credentials: Credentials | undefined): TextSession;
}

/** Connections whose binary messages are the pieces of a stream of bytes. */
export interface StreamRoute extends RouteOptions {
  accept(stream: Duplex, peer: string): void;
  /** Why a text message ends the connection, in the words that its peer gets. */
  textRefusal: string;
}

export type WebSocketRoute = TextRoute | StreamRoute;

/** Tells who has a connection to the gateway's WebSocket server. Protocols add their routes before the server listens. */
export class WebSocketRoutes {
  readonly #routes: WebSocketRoute[] = [];
  #takesBinary: ((wire: BinaryWire) => BinarySession) | undefined;
  /** How often peers are pinged, rounded to seconds. One that misses two pings is disconnected. */
  pingIntervalMs = 20_000;

  /** Throws an Error where a path or subprotocol is taken: two protocols cannot have it. */
  add(route: WebSocketRoute): void {
    const other = this.#routes.find((each) => isSame(each, route));
    if (other) throw new Error(`The WebSocket routes of ${other.listener} and ${route.listener} are the same.`);
    this.#routes.push(route);
  }

  /** Has connections by the route without paths that begin with a binary message taken over; without it, they are ended. */
  takeBinary(create: (wire: BinaryWire) => BinarySession): void {
    if (this.#takesBinary) throw new Error('Two protocols want the connections that begin with a binary message.');
    this.#takesBinary = create;
  }

  /** Who has the connections of this route that begin with a binary message. */
  binaryOf(route: TextRoute): ((wire: BinaryWire) => BinarySession) | undefined {
    return route.paths ? undefined : this.#takesBinary;
  }

  /** Where an upgrade request leads: by its subprotocol, else by its path; undefined where nobody wants it. */
  find({ url = '/', headers }: Pick<IncomingMessage, 'url' | 'headers'>): WebSocketRoute | undefined {
    const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim());
    const spoken = offered && this.#routes.find((route) => offered.some((name) => route.subprotocols?.includes(name)));
    if (spoken) return spoken;
    const end = url.indexOf('?');
    const path = (end < 0 ? url : url.slice(0, end)).replace(/\/$/, '');
    return (
      this.#routes.find((route) => route.paths?.includes(path)) ??
      this.#routes.find((route) => route.paths === undefined)
    );
  }
}

function isSame(one: WebSocketRoute, other: WebSocketRoute): boolean {
  if (one.subprotocols?.some((name) => other.subprotocols?.includes(name))) return true;
  if (one.paths === undefined || other.paths === undefined) return one.paths === other.paths;
  return one.paths.some((path) => other.paths?.includes(path));
}
