import {
  Backoff,
  CAPABILITIES,
  CODES,
  type Encodable,
  FrameClient,
  type FrameClientClock,
  type FrameClientError,
  type FrameClientPairing,
  type FrameClientState,
  type IncomingMessage,
  type Outcome,
} from '@crosscomm/protocol';
import type { Faults } from './faults.ts';
import type { Connection, ConnectionHandler, Transport } from './link.ts';
import { type Random, waitMs } from './random.ts';
import { fillIn, makeReading, type Place, type Reading, type ReadingPlan } from './reading.ts';
import { SlowReader } from './slow-reader.ts';

/** What all devices of a simulation have in common. */
export interface DevicePlan {
  readings: readonly ReadingPlan[];
  /** Channels that it listens to, with `{id}` and `{n}`. */
  subscribe: readonly string[];
  /** Readings are sent once, and only where there is a link. */
  atMostOnce: boolean;
  faults: Faults;
  maxFrame: number;
  window: number;
  /** The gateway is asked how many recipients each reading has. Without, its outcome is told once it is acknowledged. */
  receipts: boolean;
  user?: string | undefined;
  password?: string | undefined;
  /** It can store a token, and has this pairing code; '': none, it is paired by its cable. Undefined: it cannot store one. */
  pair?: string | undefined;
}

/** What became of what a device sent, and what it heard, since it began. */
export interface DeviceCounts {
  /** Readings that were due. */
  sent: number;
  /** Those that the gateway acknowledged; of readings sent once, those that left. */
  accepted: number;
  /** Those that were acknowledged, and that no recipient could have. */
  refused: number;
  /** Those that were not acknowledged and are gone: with the memory by a reset, or for want of room or of a link. */
  lost: number;
  /** Messages that came. */
  received: number;
  /** Times that the link was lost, by a fault or else. */
  links: number;
  resets: number;
}

/** Is told what a device does; each part may be left out. */
export interface DeviceHandler {
  /** It is online, on its way there, or neither. */
  state?(device: SimDevice, state: FrameClientState): void;
  /** A fault that was asked for. */
  fault?(device: SimDevice, fault: 'link' | 'reset', awayMs: number): void;
  /** A message came, to a channel or to the device itself. */
  message?(device: SimDevice, message: IncomingMessage): void;
  /** What became of a reading. */
  outcome?(device: SimDevice, channel: string, value: Encodable, outcome: Outcome): void;
  /** The gateway refused something, or said what was wrong with a frame. */
  error?(device: SimDevice, error: FrameClientError): void;
  /** A connection came to its end, or never came to be; `isRefused` where a gateway said no. */
  disconnected?(device: SimDevice, reason: string, isRefused: boolean): void;
}

/** What a device gets from outside. */
export interface Surroundings {
  clock: FrameClientClock;
  /** For what must not be alike in two runs. */
  random: Random;
  /** Random numbers of this device for a purpose, the same in each run of one seed. */
  seeded: (purpose: string) => Random;
}

/** What waits for the gateway is bounded as in a device. */
const MAX_QUEUE_BYTES = 64 * 1024;

/** One device: a frame client with a link that comes and goes, and readings to send. */
export class SimDevice implements Place {
  readonly id: string;
  readonly number: number;
  readonly counts: DeviceCounts = { sent: 0, accepted: 0, refused: 0, lost: 0, received: 0, links: 0, resets: 0 };
  readonly #plan: DevicePlan;
  readonly #transport: Transport;
  readonly #clock: FrameClientClock;
  readonly #random: Random;
  readonly #handler: DeviceHandler;
  readonly #seeded: (purpose: string) => Random;
  readonly #readings: readonly Reading[];
  readonly #backoff: Backoff;
  readonly #slow: SlowReader | undefined;
  readonly #timers = new Map<string, () => void>();
  #client: FrameClient;
  #connection: Connection | undefined;
  #startedMs = 0;
  /** Outlives a reset, as in the flash of a board. */
  #token: string | undefined;
  #stopped = false;

  constructor(
    { id, number }: Place,
    plan: DevicePlan,
    transport: Transport,
    { clock, random, seeded }: Surroundings,
    handler: DeviceHandler,
  ) {
    this.id = id;
    this.number = number;
    this.#plan = plan;
    this.#transport = transport;
    this.#clock = clock;
    this.#random = random;
    this.#handler = handler;
    this.#seeded = seeded;
    this.#readings = plan.readings.map((reading, index) => makeReading(reading, this, seeded(`values ${index}`)));
    this.#backoff = new Backoff(random);
    const { readBytesPerSecond } = plan.faults;
    if (readBytesPerSecond > 0) {
      this.#slow = new SlowReader(readBytesPerSecond, clock, (frame) => this.#client.receive(frame));
    }
    this.#client = this.#boot();
  }

  get state(): FrameClientState {
    return this.#client.state;
  }

  /** How many readings nobody knows the outcome of yet. */
  get waiting(): number {
    const { sent, accepted, lost } = this.counts;
    return sent - accepted - lost;
  }

  /** Connects, and sends the first reading of each within its interval, so that many devices do not send at once. */
  start(): void {
    const { loseLinkEveryMs, resetEveryMs } = this.#plan.faults;
    this.#startedMs = this.#clock.now();
    this.#connect();
    for (const [index, reading] of this.#readings.entries()) {
      const firstMs = this.#seeded(`first ${index}`)() * reading.intervalMs;
      this.#send(index, reading, { dueMs: this.#startedMs + firstMs, elapsedMs: firstMs });
    }
    if (loseLinkEveryMs > 0) this.#fail('link', loseLinkEveryMs, this.#seeded('link'), this.#startedMs);
    if (resetEveryMs > 0) this.#fail('reset', resetEveryMs, this.#seeded('reset'), this.#startedMs);
  }

  /** Sends no more readings and has no more faults; what waits still goes out. */
  finish(): void {
    for (const name of [...this.#timers.keys()]) if (name !== 'connect') this.#cancel(name);
  }

  /** Says goodbye and is over. */
  stop(): void {
    this.finish();
    this.#stopped = true;
    this.#cancel('connect');
    this.#slow?.reset();
    this.#client.stop();
  }

  /** A device that has just been switched on: it knows nothing of what it was before. */
  #boot(): FrameClient {
    const { maxFrame, window, receipts, user, password, pair, subscribe } = this.#plan;
    const login = user === undefined ? {} : { user, password: password ?? '' };
    const credentials = pair === undefined ? login : { pairing: this.#pairing(pair) };
    const client: FrameClient = new FrameClient(
      {
        deviceId: this.id,
        clock: this.#clock,
        random: this.#random,
        maxFrame,
        window,
        capabilities: receipts ? CAPABILITIES.receipts : 0,
        maxQueueBytes: MAX_QUEUE_BYTES,
        ...credentials,
      },
      {
        state: (state) => this.#became(client, state),
        message: (message) => {
          this.counts.received++;
          this.#handler.message?.(this, message);
        },
        call: (call) => call.reply(call.args),
        error: (error) => this.#handler.error?.(this, error),
      },
    );
    for (const { channel, keys } of this.#readings) {
      client.alias(channel);
      client.addKeys(keys);
    }
    for (const channel of subscribe) client.subscribe(fillIn(channel, this));
    return client;
  }

  #pairing(code: string): FrameClientPairing {
    const store = (token: string): void => {
      this.#token = token;
    };
    return { memory: { load: () => this.#token, store }, ...(code === '' ? {} : { code }) };
  }

  #became(client: FrameClient, state: FrameClientState): void {
    // What a device before a reset still says is nobody's business.
    if (client !== this.#client) return;
    if (state === 'online') this.#backoff.reset();
    this.#handler.state?.(this, state);
  }

  #connect(): void {
    const client = this.#client;
    const handler: ConnectionHandler = {
      open: () => {
        if (connection !== this.#connection) return;
        client.linkUp({ send: (frame) => connection.send(frame), close: () => this.#closedByClient(connection) });
      },
      frame: (bytes) => {
        if (connection !== this.#connection) return;
        if (this.#slow) this.#slow.push(bytes, connection);
        else client.receive(bytes);
      },
      drain: () => {
        if (connection === this.#connection) client.pump();
      },
      closed: (reason, isRefused) => {
        if (connection === this.#connection) this.#lost(reason, isRefused);
      },
    };
    const { pair } = this.#plan;
    const secret = this.#token ?? (pair ? `pair:${pair}` : undefined);
    const connection: Connection = this.#transport.connect(this.id, handler, secret);
    this.#connection = connection;
  }

  /** The client has no use for its link any more; the device looks for another, unless it is over. */
  #closedByClient(connection: Connection): void {
    connection.close();
    if (connection === this.#connection) this.#lost('taken as lost');
  }

  #lost(reason: string, isRefused = false): void {
    this.#connection = undefined;
    this.#slow?.reset();
    if (this.#client.state === 'online') this.counts.links++;
    this.#client.linkDown();
    if (this.#stopped || this.#client.state === 'stopped') return;
    this.#handler.disconnected?.(this, reason, isRefused);
    this.#after('connect', Math.max(this.#backoff.next(), this.#client.helloDelayMs), () => this.#connect());
  }

  /** `elapsedMs` is the time of a reading by plan, so that its value does not depend on how late a timer is. */
  #send(index: number, reading: Reading, { dueMs, elapsedMs }: { dueMs: number; elapsedMs: number }): void {
    this.#after(`reading ${index}`, dueMs - this.#clock.now(), () => {
      const { channel, intervalMs, next } = reading;
      const now = this.#clock.now();
      this.#submit(channel, next(elapsedMs));
      // A process that slept does not make up for all that it missed.
      const nextMs = Math.max(dueMs + intervalMs, now - intervalMs);
      this.#send(index, reading, { dueMs: nextMs, elapsedMs: elapsedMs + intervalMs });
    });
  }

  #submit(channel: string, value: Encodable): void {
    const { counts } = this;
    counts.sent++;
    if (this.#plan.atMostOnce) {
      if (this.#client.sendAtMostOnce(channel, value)) counts.accepted++;
      else counts.lost++;
      return;
    }
    let isQueued = false;
    isQueued = this.#client.send(channel, value, (outcome) => {
      // A gateway that says `offline` says how many it was delivered to as well; a device that forgets everything does not.
      const isGone = outcome.code === CODES.offline && outcome.delivered === undefined;
      if (!isQueued || isGone) counts.lost++;
      else {
        counts.accepted++;
        if (outcome.code !== CODES.ok) counts.refused++;
      }
      this.#handler.outcome?.(this, channel, value, outcome);
    });
  }

  #fail(fault: 'link' | 'reset', everyMs: number, random: Random, sinceMs: number): void {
    const dueMs = sinceMs + waitMs(everyMs, random);
    this.#after(fault, dueMs - this.#clock.now(), () => {
      const awayMs = 2 * random() * this.#plan.faults.awayMs;
      const { client, connection } = { client: this.#client, connection: this.#connection };
      if (client.state === 'online') this.counts.links++;
      this.#connection = undefined;
      this.#slow?.reset();
      connection?.close();
      client.linkDown();
      if (fault === 'reset') {
        this.counts.resets++;
        this.#client = this.#boot();
        client.stop();
        this.#handler.state?.(this, this.#client.state);
      }
      this.#handler.fault?.(this, fault, awayMs);
      this.#after('connect', awayMs, () => this.#connect());
      this.#fail(fault, everyMs, random, Math.max(dueMs, this.#clock.now() - everyMs));
    });
  }

  #after(name: string, delayMs: number, run: () => void): void {
    this.#cancel(name);
    this.#timers.set(
      name,
      this.#clock.after(Math.max(0, delayMs), () => {
        this.#timers.delete(name);
        run();
      }),
    );
  }

  #cancel(name: string): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }
}
