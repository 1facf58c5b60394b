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
