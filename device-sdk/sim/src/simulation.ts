import type { FrameClientClock, FrameClientState } from '@crosscomm/protocol';
import { type DeviceCounts, type DeviceHandler, type DevicePlan, SimDevice } from './device.ts';
import type { Transport } from './link.ts';
import { type Random, seededStreams } from './random.ts';

/** Which devices, what they do, how they come to the gateway, and who is told of it. */
export interface SimulationOptions {
  deviceIds: readonly string[];
  plan: DevicePlan;
  transport: Transport;
  clock: FrameClientClock;
  /** The same seed gives each device the same readings, one after the other, and the same faults at the same times. */
  seed: number;
  /** For what must not be alike in two runs, such as boot ids. */
  random: Random;
  handler?: DeviceHandler;
}

/** All devices together. */
export interface SimulationCounts extends DeviceCounts {
  devices: number;
  online: number;
  /** Readings that nobody knows the outcome of yet. */
  waiting: number;
}

/** Devices that speak frames, on one wire to one gateway. */
export class Simulation {
  readonly devices: readonly SimDevice[];
  readonly #transport: Transport;
  #everOnline = false;

  constructor({ deviceIds, plan, transport, clock, seed, random, handler = {} }: SimulationOptions) {
    this.#transport = transport;
    const noting: DeviceHandler = {
      ...handler,
      state: (device, state: FrameClientState) => {
        if (state === 'online') this.#everOnline = true;
        handler.state?.(device, state);
      },
    };
    const streams = seededStreams(seed);
    this.devices = deviceIds.map((id, index) => {
      const place = { id, number: index + 1 };
      const seeded = (purpose: string): Random => streams(`${place.number} ${purpose}`);
      return new SimDevice(place, plan, transport, { clock, random, seeded }, noting);
    });
  }

  /** Whether any device has been online. */
  get everOnline(): boolean {
    return this.#everOnline;
  }

  /** Every device connects, and begins to send. */
  start(): void {
    for (const device of this.devices) device.start();
  }

  /** No more readings and faults; what waits still goes out. */
  finish(): void {
    for (const device of this.devices) device.finish();
  }

  /** Every device says goodbye. */
  async stop(): Promise<void> {
    for (const device of this.devices) device.stop();
    await this.#transport.stop();
  }

  /** The sums over all devices, since they began. */
  counts(): SimulationCounts {
    const sum: SimulationCounts = {
      devices: this.devices.length,
      online: 0,
      sent: 0,
      accepted: 0,
      refused: 0,
      lost: 0,
      waiting: 0,
      received: 0,
      links: 0,
      resets: 0,
    };
    for (const { counts, state, waiting } of this.devices) {
      if (state === 'online') sum.online++;
      sum.waiting += waiting;
      for (const name of Object.keys(counts) as (keyof DeviceCounts)[]) sum[name] += counts[name];
    }
    return sum;
  }
}
