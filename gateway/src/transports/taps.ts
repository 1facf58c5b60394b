/** What is known of a connection before anything is said on it. */
export interface ConnectionFacts {
  /** The key of its listener: `mqtt`, `oocsiTls`. */
  readonly listener: string;
  readonly by: 'tcp' | 'udp' | 'websocket' | 'serial';
  /** Its bytes are a stream that is cut anywhere; otherwise whole messages. */
  readonly isStream: boolean;
  /** Where it comes from, as its session has it: `127.0.0.1:50312`, or the path of a serial port. */
  readonly peer: string;
  /** Others may have the same peer, as a proxy stands between. */
  readonly isBehindProxy?: boolean;
  /** Of a WebSocket: what its request asked for. */
  readonly path?: string;
  readonly subprotocol?: string;
  /** By what it proves itself beside what is said on it; never the credential itself. */
  readonly credential?: 'basic' | 'certificate' | 'page';
  /** The client that it has from the beginning: that of a serial port. */
  readonly client?: string;
}

/** What watches the bytes of a connection, as its session has them: after TLS, and without what WebSockets put around them. */
export interface Tap {
  /** What the client sent: a piece of a stream, or a whole message. The bytes may be used again afterwards. */
  received(bytes: Uint8Array, isBinary?: boolean): void;
  /** What it is sent. */
  sent(bytes: Uint8Array, isBinary?: boolean): void;
  /** The connection ends; `code` and `reason` where the gateway closes a WebSocket. May be called again. */
  closed(code?: number, reason?: string): void;
}

/** A connection whose bytes can be watched. */
export interface Tappable {
  readonly facts: ConnectionFacts;
  /** Has `tap` watch it, one at a time; the returned function ends that. */
  tap(tap: Tap): () => void;
}

/** Who watches connections. */
export interface ConnectionWatcher {
  /** A connection was opened; nothing was said on it yet. */
  opened(connection: Tappable): void;
  /** A packet came by UDP, or is sent. */
  packet(listener: string, way: 'in' | 'out', bytes: Uint8Array, peer: { address: string; port: number }): void;
}

/** Where whoever watches connections finds them. While nobody does, a connection costs one look at whether somebody does. */
export class Taps {
  /** Who watches; undefined: nobody. */
  watcher: ConnectionWatcher | undefined;
  readonly #sources = new Set<() => Iterable<Tappable>>();

  /** Adds the connections of a listener; the returned function takes them out. */
  add(open: () => Iterable<Tappable>): () => void {
    this.#sources.add(open);
    return () => this.#sources.delete(open);
  }

  /** All connections that are open. */
  *open(): Iterable<Tappable> {
    for (const open of this.#sources) yield* open();
  }
}
