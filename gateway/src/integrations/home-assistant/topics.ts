import { idOf } from './ids.ts';

/** What the ids of this gateway's devices begin with, as other programs tell Home Assistant of devices as well. */
const OWN = 'crosscomm_';

/** The topics between this gateway and Home Assistant. */
export class Topics {
  readonly #discovery: string;
  readonly #prefix: string;

  constructor({ discoveryPrefix, prefix }: { discoveryPrefix: string; prefix: string }) {
    this.#discovery = discoveryPrefix;
    this.#prefix = prefix;
  }

  /** Where Home Assistant says that it is there: `online`. */
  get birth(): string {
    return `${this.#discovery}/status`;
  }

  /** Where it is told whether this gateway is there. */
  get status(): string {
    return `${this.#prefix}/status`;
  }

  /** The filter of what it asks devices to do. */
  get commands(): string {
    return `${this.#prefix}/set/+/+`;
  }

  /** The filter of what tells it of devices. */
  get configs(): string {
    return `${this.#discovery}/device/+/config`;
  }

  /** The filters of all that is retained of devices, and the topic of this gateway's own presence. */
  get retained(): readonly string[] {
    return [this.configs, this.online('+'), `${this.#prefix}/state/+/+`, this.status];
  }

  /** What tells it of a device; `device`: its id. */
  config(device: string): string {
    return `${this.#discovery}/device/${uniqueId(device)}/config`;
  }

  /** Where it is told whether a device is there. */
  online(device: string): string {
    return `${this.#prefix}/online/${device}`;
  }

  state(device: string, component: string): string {
    return `${this.#prefix}/state/${device}/${idOf(component)}`;
  }

  command(device: string, component: string): string {
    return `${this.#prefix}/set/${device}/${idOf(component)}`;
  }

  /** The id of the device that a topic tells of; undefined where it is none of this gateway's. */
  deviceOf(config: string): string | undefined {
    const id = config.slice(this.#discovery.length + '/device/'.length, -'/config'.length);
    return id.startsWith(OWN) ? id.slice(OWN.length) : undefined;
  }

  /** The device that something retained is about; undefined: about none. */
  deviceIn(topic: string): string | undefined {
    if (topic.endsWith('/config')) return this.deviceOf(topic);
    return /^(?:online|state)\/([^/]+)/.exec(topic.slice(this.#prefix.length + 1))?.[1];
  }

  /** The ids of the device and of the component that a command is for. */
  partsOf(command: string): { device: string; component: string } {
    const [device = '', component = ''] = command.slice(this.#prefix.length + '/set/'.length).split('/');
    return { device, component };
  }
}

/** The id in Home Assistant of a device, or of a component of it. */
export function uniqueId(device: string, component?: string): string {
  return component === undefined ? OWN + device : `${OWN}${device}_${idOf(component)}`;
}
