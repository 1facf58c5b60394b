import type { Metrics } from '../common/metrics.ts';
import type { Address } from '../transports/listen.ts';
import type { ListenerState } from '../transports/listeners.ts';
import type { SerialPortState } from '../transports/serial/listener.ts';

/** Where a listener really listens. */
export type ListenerAddress = Address;

/** Every open listener by its configuration key; the serial ports as they are when they are looked at. */
export interface Listeners {
  http: ListenerAddress;
  oocsi: ListenerAddress;
  mqtt: ListenerAddress;
  /** The operator's own web pages; closed where the configuration names no folder. */
  pages?: ListenerAddress | undefined;
  /** Closed where the configuration names no port and the usual one is not free. */
  oss?: ListenerAddress | undefined;
  serial: SerialPortState[];
  /** Those of other protocols. */
  [key: string]: ListenerState | undefined;
}

/** Makes known what listens and how it stands with serial ports. */
export function showListeners(metrics: Metrics, listeners: () => Listeners | undefined): void {
  const open = 'Listeners that are open, by the key of the configuration.';
  metrics.gauge<'listener'>({ name: 'crosscomm_listeners', help: open, labels: ['listener'] }, () =>
    Object.entries(listeners() ?? {}).flatMap(([listener, state]) =>
      state === undefined || Array.isArray(state) ? [] : [[{ listener }, 1] as const],
    ),
  );
  const help = 'Serial ports, by how it stands with them.';
  metrics.gauge<'state'>({ name: 'crosscomm_serial_ports', help, labels: ['state'] }, () => {
    const counts = new Map<string, number>([['open', 0]]);
    for (const { state } of listeners()?.serial ?? []) counts.set(state, (counts.get(state) ?? 0) + 1);
    return Array.from(counts, ([state, count]) => [{ state }, count] as const);
  });
}
