import type { HomeComponent, HomeDevice } from '../home-device.ts';
import { idOf } from '../ids.ts';
import { platformOf } from '../payload/entity.ts';
import { announcedState, type ComponentState } from '../talk/state.ts';

/** What is kept on disk of a device that Home Assistant knows. */
export interface DeviceNote {
  readonly device: HomeDevice;
  readonly source: 'told' | 'configured';
  /** Platforms by the ids of the components that Home Assistant has. */
  readonly platforms: Readonly<Record<string, string>>;
  /** The same of those that it had and is to forget. */
  readonly gone: Readonly<Record<string, string>>;
  /** Home Assistant's user has deleted it. */
  readonly isDeleted: boolean;
  /** It is no more, but a Home Assistant that was away does not know that yet. */
  readonly isBuried?: boolean | undefined;
  /** Its client was at another gateway last, which tells of it. */
  readonly isAway?: boolean | undefined;
}

/** One component, and how it is now. */
export interface Part {
  readonly entry: Entry;
  readonly component: HomeComponent;
  state: ComponentState;
  /** What Home Assistant was told last. */
  shown: string | undefined;
  image: Uint8Array | undefined;
}

const MOST_GONE = 50;

/** A device that Home Assistant is told of. */
export class Entry {
  /** What it is called in topics: it stays the same where the device gets another name. */
  readonly id: string;
  readonly source: DeviceNote['source'];
  #device: HomeDevice;
  #gone: Readonly<Record<string, string>>;
  #platforms: Readonly<Record<string, string>>;
  #parts: ReadonlyMap<string, Part> = new Map();
  isDeleted: boolean;
  isBuried: boolean;
  isAway: boolean;
  /** Whether it was announced by this run of the gateway. */
  isAnnounced = false;
  /** Which connection of its client it was told in; see `Told`. */
  toldIn = -1;

  constructor(
    id: string,
    { device, source, platforms, gone, isDeleted, isBuried = false, isAway = false }: DeviceNote,
  ) {
    this.id = id;
    this.source = source;
    this.isDeleted = isDeleted;
    this.isBuried = isBuried;
    this.isAway = isAway;
    this.#device = device;
    // An earlier version may have made other platforms of the same types.
    this.#platforms = platformsOf(device);
    this.#gone = goneOf({ ...gone, ...platforms }, this.#platforms);
    this.#rebuild();
  }

  get device(): HomeDevice {
    return this.#device;
  }

  /** By the ids of the components. */
  get parts(): ReadonlyMap<string, Part> {
    return this.#parts;
  }

  /** Whether a component that is gone has the id of one that there is, of another platform. */
  get hasReplaced(): boolean {
    return Object.keys(this.#gone).some((key) => this.#platforms[key] !== undefined);
  }

  /** Home Assistant has forgotten what is gone. */
  forgetGone(): void {
    this.#gone = {};
  }

  /** Platforms of components that Home Assistant is to forget. */
  get gone(): Readonly<Record<string, string>> {
    return this.#gone;
  }

  get platforms(): Readonly<Record<string, string>> {
    return this.#platforms;
  }

  get note(): DeviceNote {
    const { device, source, platforms, gone, isDeleted, isBuried, isAway } = this;
    return { device, source, platforms, gone, isDeleted, isBuried, ...(isAway ? { isAway } : {}) };
  }

  /** Whether the device is another than it was. */
  differs(device: HomeDevice): boolean {
    return JSON.stringify(device) !== JSON.stringify(this.#device);
  }

  /** What it is now. A device whose parts are others than when it was deleted is there again. */
  become(device: HomeDevice): void {
    this.#device = device;
    const before = this.#platforms;
    const now = platformsOf(device);
    const isOther = JSON.stringify(Object.entries(before).sort()) !== JSON.stringify(Object.entries(now).sort());
    if (isOther) this.isDeleted = false;
    this.#gone = goneOf({ ...this.#gone, ...before }, now);
    this.#platforms = now;
    this.#rebuild();
  }

  #rebuild(): void {
    const parts = new Map<string, Part>();
    for (const component of this.#device.components) {
      const key = idOf(component.name);
      if (platformOf(component.type) === undefined || parts.has(key)) continue;
      const before = this.#parts.get(key);
      const isSame = before !== undefined && before.component.type === component.type;
      const state = isSame ? before.state : announcedState(component);
      parts.set(key, { entry: this, component, state, shown: undefined, image: undefined });
    }
    this.#parts = parts;
  }
}

function goneOf(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): Record<string, string> {
  const gone = Object.entries(before).filter(([key, platform]) => now[key] !== platform);
  return Object.fromEntries(gone.slice(-MOST_GONE));
}

/** Platforms by the ids of a device's components, those that Home Assistant does not know left out. */
export function platformsOf(device: HomeDevice): Record<string, string> {
  const platforms: Record<string, string> = {};
  for (const { name, type } of device.components) {
    const platform = platformOf(type);
    if (platform !== undefined) platforms[idOf(name)] ??= platform;
  }
  return platforms;
}
