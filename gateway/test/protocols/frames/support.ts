import { FrameDevice, type HelloInit } from '@crosscomm/testing/frame-device';
import { buildHouse, type HouseOptions, type TestHouse } from '@crosscomm/testing/test-hub';
import { AnnouncedDevices } from '../../../src/protocols/announced-devices.ts';
import type { NumberingStore } from '../../../src/protocols/frames/delivery/numberings.ts';
import { Descriptions } from '../../../src/protocols/frames/descriptions.ts';
import { FrameDevices } from '../../../src/protocols/frames/devices.ts';
import { DEFAULT_FRAME_OPTIONS, type FrameOptions } from '../../../src/protocols/frames/options.ts';
import { QueueBudget } from '../../../src/transports/outbox.ts';

export interface FrameHouse extends TestHouse {
  devices: FrameDevices;
  options: FrameOptions;
  /** Those that described themselves. */
  announced: AnnouncedDevices;
  /** A connection that has said nothing. */
  connect(options?: { noisy?: boolean; deviceId?: string }): FrameDevice;
  /** A connection with a device that is welcome. */
  open(hello?: HelloInit): FrameDevice;
}

/** A hub with devices, on a clock that the test moves. */
export function buildFrameHouse(
  changes: Partial<FrameOptions> = {},
  hub: HouseOptions = {},
  store?: NumberingStore,
): FrameHouse {
  const house = buildHouse(hub);
  const announced = new AnnouncedDevices();
  const options: FrameOptions = {
    ...DEFAULT_FRAME_OPTIONS,
    budget: new QueueBudget(2 ** 30),
    handshakeTimeoutMs: 10_000,
    descriptions: new Descriptions(house, announced),
    ...changes,
  };
  const devices = new FrameDevices(house, options, store);
  const connect: FrameHouse['connect'] = (wire) => new FrameDevice(devices, wire);
  return {
    ...house,
    devices,
    options,
    announced,
    connect,
    open(hello) {
      const device = connect();
      device.greet(hello);
      return device;
    },
  };
}
