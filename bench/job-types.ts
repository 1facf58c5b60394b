/** What the load generator can be asked for, and what it answers. */

import type { Handshakes, Target, TlsVersion } from './types.ts';

/** What goes on in a process while it is measured. */
interface Timed {
  warmupMs: number;
  measureMs: number;
}

/** Who sends to whom. */
export interface Shape {
  senders: number;
  receivers: number;
  /** Each sender has a receiver of its own; else every receiver gets everything. */
  pairs: boolean;
}

export interface GroupJob extends Shape {
  from: Target;
  to: Target;
  /** To a channel, to the receiver's own id, or to CrossComm's `all`. */
  address: string;
  /** How many messages of a sender may be outstanding. */
  window: number;
}

export interface ThroughputJob extends GroupJob, Timed {
  pid: number;
}

export interface PacedJob extends Timed {
  from: Target;
  to: Target;
  address: string;
  pairs: boolean;
  /** Messages a second. */
  rate: number;
}

export interface DevicesJob extends Timed {
  from: Target;
  to: Target;
  pid: number;
  /** At least once. */
  sequenced: boolean;
}

export interface OneDeviceJob extends DevicesJob {
  window: number;
  /** Frames a second; as many as the gateway takes where it is left out. */
  rate?: number;
}

export interface ManyDevicesJob extends DevicesJob {
  devices: number;
  /** Frames a second of each. */
  rate: number;
}

/** What went wrong in a run. */
export interface Flaws {
  lost: number;
  duplicated: number;
  corrupt: number;
}

export interface Throughput extends Flaws {
  messagesPerSecond: number;
  deliveriesPerSecond: number;
  /** Shares of a core. */
  loadCpu: number;
  serverCpu: number;
}

export interface Latency extends Flaws {
  medianMs: number;
  p99Ms: number;
}

export interface Joins {
  /** Until all were in. */
  totalMs: number;
  /** Processor time of the server for each. */
  serverMs: number;
}

export interface Upload {
  megabytesPerSecond: number;
  /** Processor time of the server. */
  serverMs: number;
}

/** Messages of an MQTT broker, from one sender. */
export interface FlowJob extends Timed {
  /** Where the receivers are; and the sender, where that is another broker. */
  to: Target;
  from?: Target;
  pid: number;
  qos: 0 | 1 | 2;
  receivers: number;
  /** Each receiver has a topic filter of its own, with a wildcard, and the sender sends to each in turn. */
  hasOwnFilters: boolean;
  window: number;
}

export interface FanInJob extends Timed {
  to: Target;
  pid: number;
  senders: number;
  /** Messages a second of each. */
  rate: number;
}

export interface FanIn extends Latency {
  /** Processor time of the server for each message. */
  serverUs: number;
  loadCpu: number;
}

export interface CrowdJob {
  to: Target;
  count: number;
  pid: number;
}

export interface Crowd {
  perSecond: number;
  /** Processor time of the server for each. */
  serverUs: number;
  /** Shares of a core. */
  loadCpu: number;
  serverCpu: number;
}

export interface StoredJob {
  to: Target;
  count: number;
  pid: number;
}

/** Messages that a server keeps, and gives out later. */
export interface InAndOut extends Flaws {
  inPerSecond: number;
  outPerSecond: number;
  /** Processor time of the server for each. */
  inServerUs: number;
  outServerUs: number;
}

export interface FillJob {
  to: Target;
  sessions: number;
  /** Messages in the queue of each session. */
  each: number;
  retained: number;
}

export interface ReturnJob {
  to: Target;
  sessions: number;
  each: number;
  pid: number;
}

export interface Return extends Flaws {
  /** Until all had their queues, and until all were connected. */
  totalMs: number;
  connectedMs: number;
  /** Processor time of the server for all. */
  serverMs: number;
  /** Shares of a core. */
  loadCpu: number;
  serverCpu: number;
}

/** A room whose clients have something together. */
export interface Room {
  /** Processor time of the server, in percent of a core. */
  serverPercent: number;
  /** Shares of a core. */
  loadCpu: number;
  /** Messages that the clients were told, all together. */
  toldPerSecond: number;
}

/** What the load generator can be asked for, by `kind`. */
export interface Jobs {
  throughput: ThroughputJob;
  paced: PacedJob;
  oneDevice: OneDeviceJob;
  manyDevices: ManyDevicesJob;
  idle: { to: Target; count: number };
  countIdle: object;
  /** Connections that say nothing; with `saysHello` a ClientHello of TLS. */
  silent: { to: Target; count: number; saysHello: boolean };
  countSilent: object;
  flow: FlowJob;
  fanIn: FanInJob;
  crowd: CrowdJob;
  countCrowd: object;
  retained: StoredJob;
  away: StoredJob;
  fill: FillJob;
  return: ReturnJob;
  /** So many clients join, so many at a time, and leave. */
  joins: { to: Target; count: number; atOnce: number; pid: number };
  room: Timed & { to: Target; count: number; pid: number };
  handshakes: { to: Target; count: number; isResumed: boolean; version: TlsVersion; pid: number };
  serialPath: object;
  upload: { to: Target; bytes: number; pid: number };
}

/** What it answers. */
export interface Results {
  throughput: Throughput;
  paced: Latency;
  oneDevice: Throughput;
  manyDevices: Latency;
  idle: { open: number };
  countIdle: { open: number };
  silent: { open: number; tookMs: number };
  countSilent: { open: number };
  flow: Throughput;
  fanIn: FanIn;
  crowd: Crowd;
  countCrowd: { open: number };
  retained: InAndOut;
  away: InAndOut;
  fill: object;
  return: Return;
  joins: Joins;
  room: Room;
  handshakes: Handshakes;
  serialPath: string | undefined;
  upload: Upload;
}

export type Kind = keyof Jobs;

/** How the load generator does each kind of job. */
export type Runners = { [K in Kind]: (job: Jobs[K]) => Results[K] | Promise<Results[K]> };
