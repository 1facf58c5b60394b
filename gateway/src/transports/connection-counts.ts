import type { Counter, FamilySpec, Gauge, Metrics } from '../common/metrics.ts';

/** By what a connection comes; a WebSocket is one of the HTTP server's TCP connections as well. */
type Transport = 'tcp' | 'websocket' | 'serial';

const OPENED: FamilySpec<'listener' | 'transport'> = {
  name: 'crosscomm_connections_opened_total',
  help: 'Connections that were let in, by listener and transport; a WebSocket is a TCP connection of the HTTP server, too.',
  labels: ['listener', 'transport'],
};
const OPEN: FamilySpec<'listener' | 'transport'> = {
  name: 'crosscomm_open_connections',
  help: 'Connections that are open now, by listener and transport.',
  labels: ['listener', 'transport'],
};

/** The connections of one listener. Those that are refused are incidents, and not among them. */
export class ConnectionCounts {
  readonly #opened: Counter;
  readonly #open: Gauge;

  /** `listener` is its configuration key, or for WebSockets that of the protocol that comes by it. */
  constructor(metrics: Metrics, listener: string, transport: Transport) {
    this.#opened = metrics.counters(OPENED).of({ listener, transport });
    this.#open = metrics.gauges(OPEN).of({ listener, transport });
  }

  /** One was let in. */
  opened(): void {
    this.#opened.value++;
    this.#open.value++;
  }

  /** One that was let in is gone. */
  closed(): void {
    this.#open.value--;
  }
}
