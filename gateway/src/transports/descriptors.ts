import { readdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:net';
import type { Metrics } from '../common/metrics.ts';
import type { Incidents } from '../observability/incidents.ts';
import { ConnectionCounts } from './connection-counts.ts';
import { turnAway } from './turn-away.ts';

/** A quarter of the files that may be open is reserved for uploads, downloads, images and the database, within these limits. */
const MOST_KEPT = 256;
const LEAST_KEPT = 16;

/**
 * Counts the connections of all listeners against the files and sockets that the process may have open. When these run out, the system
 * accepts no connection without saying so, and the gateway cannot open files either; so newcomers are refused before that.
 */
export class Descriptors {
  readonly #most: number;
  readonly #kept: number;
  #connections = 0;
  readonly #close = (): void => {
    this.#connections--;
  };

  /** `limit` is what the process may have open, and `used` what it has for itself; no limit where they are not known. */
  constructor(limit = Number.POSITIVE_INFINITY, used = 0) {
    this.#kept = Math.min(MOST_KEPT, Math.max(LEAST_KEPT, Math.floor((limit - used) / 4)));
    this.#most = limit - used - this.#kept;
  }

  /** With the numbers that the system has for this process. Call it when all permanent files and sockets are open. */
  static ofProcess(): Descriptors {
    const limit = openFileLimit();
    return limit === undefined ? new Descriptors() : new Descriptors(limit, readdirSync('/proc/self/fd').length);
  }

  /** How many connections there may be at once. */
  get most(): number {
    return this.#most;
  }

  /** True if the next connection must be refused. */
  get isFull(): boolean {
    return this.#connections >= this.#most;
  }

  /** True if there is not even a descriptor to tell it why. */
  get isOver(): boolean {
    return this.#connections >= this.#most + this.#kept / 2;
  }

  /** Counts a connection; the returned function, which is one for all, counts its end. */
  open(): () => void {
    this.#connections++;
    return this.#close;
  }
}

/** Where the connections of a listener are counted, and how those are turned away for which there are no descriptors. */
export interface DescriptorGuard {
  descriptors: Descriptors;
  /** The configuration key of the listener. */
  listener: string;
  incidents: Incidents;
}

/**
 * Counts a server's connections. Where there is no room to tell one why, the system's own queue is emptied without a word; where
 * there is, whoever listens to `connection` tells it: see `isFull`.
 */
export function countConnections(server: Server, { descriptors, listener, incidents }: DescriptorGuard): void {
  const { maxConnections = Number.POSITIVE_INFINITY } = server;
  Object.defineProperty(server, 'maxConnections', { get: () => (descriptors.isOver ? 0 : maxConnections) });
  server.prependListener('connection', (socket) => socket.on('close', descriptors.open()));
  server.on('drop', (data) => {
    if (descriptors.isOver) reportFull(incidents, descriptors, listener, data?.remoteAddress ?? 'unknown');
  });
}

/** Tells the log that a connection was turned away, and what to do about it. */
export function reportFull(incidents: Incidents, { most }: Descriptors, listener: string, who: string): void {
  incidents.report({
    door: listener,
    who,
    code: 'PEER_TOO_MANY',
    message: `A connection was refused because the system lets this process open no more files and sockets than for ${most} connections: raise its limit (ulimit -n, or LimitNOFILE in systemd).`,
  });
}

/**
 * Turns away connections to an HTTP server for which there are no descriptors, with an answer that says so, and counts the others in
 * `metrics`.
 */
export function guardHttp(server: Server, guard: DescriptorGuard, metrics: Metrics): void {
  const { descriptors, listener, incidents } = guard;
  const counts = new ConnectionCounts(metrics, listener, 'tcp');
  // One function for all connections.
  const closed = (): void => counts.closed();
  server.prependListener('connection', (socket) => {
    if (!descriptors.isFull) {
      counts.opened();
      socket.on('close', closed);
      return;
    }
    reportFull(incidents, descriptors, listener, socket.remoteAddress ?? 'unknown');
    turnAway(socket, 503, 'PEER_TOO_MANY', BUSY, ['Retry-After: 10']);
  });
  countConnections(server, guard);
}

const BUSY = 'The gateway has as many connections as it may have just now.';

/** How many files and sockets this process may have open; undefined where the system does not say. */
export function openFileLimit(): number | undefined {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return found ? Number(found[1]) : undefined;
  } catch {
    return undefined;
  }
}
