import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { Metrics } from '../../common/metrics.ts';
import type { Incidents } from '../../observability/incidents.ts';
import type { Taps } from '../taps.ts';
import type { Wire } from '../wire.ts';

/** What serial ports need of the gateway. */
export interface SerialContext {
  clock: Clock;
  incidents: Incidents;
  log: Log;
  metrics: Metrics;
  /** Where whoever watches connections finds the ports; by default nobody does. */
  taps?: Taps;
  /** A number from 0 up to but not including 1. */
  random(): number;
}

/** What talks over a serial port while it is open, as its link drives it. */
export interface PortSession {
  /** Who is there; it may change when the device says so. */
  readonly id: string;
  /** Another client has that id, so the device is ignored. */
  readonly isRefused: boolean;
  /** Nobody has approved the board yet, so it is ignored. */
  readonly isUnapproved?: boolean;
  /** The port is open; called once, before anything else. */
  start(): void;
  /** Bytes came. They may be used again afterwards. */
  receive(chunk: Buffer): void;
  /** What comes next may lack its beginning: the device was already sending when its port was opened. */
  expectCut(): void;
  /** Called every second, with `Clock.monotonicMs`. */
  tick(nowMs: number): void;
  /** The port is gone; called once. */
  disconnected(): void;
}

/** A port that is opened, and what the configuration says of it. */
export interface KnownPort {
  /** The client id that its device has until it says another. */
  id: string;
  /** The board itself, whatever its client is called: the same at another port, as far as boards can be told apart. */
  board: string;
  /** The channels of which it gets messages, besides its own. */
  channels: readonly string[];
}

/** Begins a session at a port that has just been opened. */
export type ConnectPort = (port: KnownPort, wire: Wire) => PortSession;
