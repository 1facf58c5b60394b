import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { BinarySession, Brought, TextSession, Wire } from './wire.ts';

/** The credentials that a connection sent by HTTP Basic authentication. */
export interface Credentials {
  username: string;
  password: string;
}

/** What a request to open a WebSocket says of who opens it. */
export interface Visitor extends Pick<Brought, 'page' | 'signedIn'> {
  /** Whether the credentials of HTTP Basic and a client certificate count, which a browser adds by itself. */
  countsBasic: boolean;
}

/** A wire whose units are the contents of binary messages. */
export type BinaryWire = Brought & Pick<Wire, 'peer' | 'write'> & { end(): void };

interface RouteOptions {
  /** The listener that logs and reports name: a configuration key such as `mqtt`. */
  listener: string;
  /** The paths of this route, without a slash at the end. A route without paths gets all paths that no other route has. */
  paths?: readonly string[];
  /** The subprotocols of this route, for any path. The first one that the client offers is chosen; none if it offers none. */
  subprotocols?: readonly string[];
  /** The longest message, in bytes. */
  maxMessageBytes: number;
  /**
   * Clients bring their credentials inside of the protocol, and `Wire.page` is heeded, so that pages of any origin may open a connection. By
   * default they are refused.
   */
  provesInside?: boolean;
}

/** Connections of text messages. */
export interface TextRoute extends RouteOptions {
  /** Accepts a connection. If `takeBinary` takes the connection over, the session ends before its first message. */
  createSession(wire: Wire, credentials: Credentials | undefined): TextSession;
}

/** Connections whose binary messages are the pieces of a stream of bytes. */
export interface StreamRoute extends RouteOptions {
  accept(stream: Duplex, peer: string, brought: Brought): void;
  /** The reason that the client is sent when a text message ends the connection. */
  textRefusal: string;
}

export type WebSocketRoute = TextRoute | StreamRoute;

/** Finds the route of a connection to the gateway's WebSocket server. Protocols add their routes before the server listens. */
export class WebSocketRoutes {
  readonly #routes: WebSocketRoute[] = [];
  #takesBinary: ((wire: BinaryWire) => BinarySession) | undefined;
  /** How often clients are pinged, rounded to seconds. A client that misses two pings is disconnected. */
  pingIntervalMs = 20_000;

  /** Throws an Error if another protocol already has the path or subprotocol. */
  add(route: WebSocketRoute): void {
    const other = this.#routes.find((each) => isSame(each, route));
    if (other) throw new Error(`The WebSocket routes of ${other.listener} and ${route.listener} are the same.`);
    this.#routes.push(route);
  }

  /** Takes over the connections of the route without paths whose first message is binary; without it, they are closed. */
  takeBinary(create: (wire: BinaryWire) => BinarySession): void {
    if (this.#takesBinary) throw new Error('Two protocols want the connections that begin with a binary message.');
    this.#takesBinary = create;
  }

  /** What takes over the connections of this route whose first message is binary. */
  binaryOf(route: TextRoute): ((wire: BinaryWire) => BinarySession) | undefined {
    return route.paths ? undefined : this.#takesBinary;
  }

  /** The route of an upgrade request: by its subprotocol, otherwise by its path; undefined if there is none. */
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
