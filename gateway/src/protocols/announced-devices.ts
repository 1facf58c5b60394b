import type { ComponentConfig, DeviceConfig } from '../config/home-assistant.ts';

/** How a light can be set, each in the words of Home Assistant; `color_temp` is in mireds. */
export type LightMode = 'onoff' | 'brightness' | 'color_temp' | 'rgb' | 'rgbw' | 'rgbww' | 'white';

/** A part of a device that shows or takes a value. */
export interface DeviceComponent {
  name: string;
  /** As it was announced: `sensor`, `binary_sensor`, `number`, `switch`, `light`, `button`, ..., or a word that nobody here knows. */
  type: string;
  /** Where it says its value, and hears what it is to be. */
  channel: string;
  /** What it was when it was announced: of a switch or a light, whether it is on. */
  value?: boolean | number | string | undefined;
  unit?: string | undefined;
  /** What a sensor measures, such as `temperature`. */
  sensorType?: string | undefined;
  icon?: string | undefined;
  /** Of a number; of a light with a temperature of white, in mireds. */
  min?: number | undefined;
  max?: number | undefined;
  step?: number | undefined;
  light?: { modes: LightMode[]; brightness?: number | undefined } | undefined;
  /** The field of the channel's messages that has its value; by default `state` or `value`. */
  field?: string | undefined;
  /** What that field says where it is on, and what switches it on; by default true. */
  on?: boolean | number | string | undefined;
  off?: boolean | number | string | undefined;
  /** Of an event: what may happen. */
  options?: readonly string[] | undefined;
}

/** A device that has told what it is. */
export interface AnnouncedDevice {
  /** What it is told apart by: no other has the same. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** The client that it is reached by; undefined: nobody knows which one. */
  readonly handle: string | undefined;
  /** Whose it is; undefined: nobody's. */
  readonly account: string | undefined;
  /** What it told, which is read anew each time. */
  describe(): {
    properties: Record<string, unknown>;
    /** The room that it is in, where that is no location. */
    area?: string | undefined;
    locations: { name: string; x: number; y: number }[];
    components: DeviceComponent[];
  };
}

/** All devices that have told what they are, by whichever protocol knows of them. */
export class AnnouncedDevices {
  readonly #sources: (() => Iterable<AnnouncedDevice>)[] = [];
  readonly #listeners = new Set<(device: AnnouncedDevice) => void>();

  /** `source` has those of a protocol, when it is asked. */
  add(source: () => Iterable<AnnouncedDevice>): void {
    this.#sources.push(source);
  }

  /** A protocol says that a device has just told what it is. */
  told(device: AnnouncedDevice): void {
    for (const listener of this.#listeners) listener(device);
  }

  /** Calls `listener` with each device that tells what it is, until the returned function is called. */
  onTold(listener: (device: AnnouncedDevice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** In no order. Where two have one id, it is that of the source that was added first. */
  list(): AnnouncedDevice[] {
    const devices = new Map<string, AnnouncedDevice>();
    for (const source of this.#sources) {
      for (const device of source()) if (!devices.has(device.id)) devices.set(device.id, device);
    }
    return [...devices.values()];
  }
}

/** A component as it was described in the words of the configuration. */
export function componentOf({ class: sensorType, modes, ...component }: ComponentConfig): DeviceComponent {
  const light = component.type === 'light' ? { modes: modes ?? ['onoff' as const] } : undefined;
  return { ...component, sensorType, light };
}

/** A device that does not tell what it is, as the configuration describes it. */
export function configuredDevice({ name, client, area, components, ...rest }: DeviceConfig): AnnouncedDevice {
  const properties = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...{ id: name, name, handle: client, account: undefined },
    describe: () => ({ properties, area, locations: [], components: components.map(componentOf) }),
  };
}
