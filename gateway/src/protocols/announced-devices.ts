/** How a light can be set, each in the words of Home Assistant; `color_temp` is in mireds. */
export type LightMode = 'onoff' | 'brightness' | 'color_temp' | 'rgb' | 'rgbw' | 'rgbww' | 'white';

/** A part of a device that shows or takes a value. */
export interface DeviceComponent {
  name: string;
  /** As it was announced: `sensor`, `binary_sensor`, `number`, `switch`, `light`, or a word that nobody here knows. */
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
}

/** A device that has told what it is. */
export interface AnnouncedDevice {
  readonly name: string;
  /** The client that it is reached by. */
  readonly handle: string;
  /** Whose it is; undefined: nobody's. */
  readonly account: string | undefined;
  /** What it told, which is read anew each time. */
  describe(): {
    properties: Record<string, unknown>;
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

  /** In no order. */
  list(): AnnouncedDevice[] {
    return this.#sources.flatMap((source) => [...source()]);
  }
}
