import type { Sees } from '../../../access/rights.ts';
import { decodeString, type RawMember, scanObject } from '../../../common/json/scan.ts';

/** Where a device is: latitude and longitude, or x and y of whatever plane its makers chose. */
export type Location = readonly [number, number];

/** One device as it announced itself. The raw parts are JSON text, passed on as they came. */
export interface Device {
  readonly name: string;
  /** The client id it can be reached by. */
  readonly handle: string;
  /** The account of the client that announced it; undefined if that was anonymous. */
  readonly account: string | undefined;
  readonly locations: ReadonlyMap<string, Location>;
  readonly rawLocation: string;
  readonly rawProperties: string;
  readonly components: readonly { name: string; members: readonly RawMember[] }[];
}

/** Who announces a device, and the account that it belongs to, if any. */
export interface Announced {
  sender: string;
  account: string | undefined;
}

/** How many sweeps, a minute apart, a device stays when its handle is gone: an hour. */
const SWEEPS_TO_KEEP = 60;

interface Entry {
  device: Device;
  /** Counted, not timed: a clock that is set forward by years must not empty the registry. */
  sweepsGone: number;
}

/** The devices that said hello, by name; at most `maxDevices`, of which the ones that are gone make room. */
export class DeviceRegistry {
  readonly #maxDevices: number;
  readonly #entries = new Map<string, Entry>();

  constructor(maxDevices: number) {
    this.#maxDevices = maxDevices;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Keeps a device in place of an older one of that name; false where there is no room. */
  put(device: Device): boolean {
    if (!this.#entries.has(device.name) && this.#entries.size >= this.#maxDevices && !this.#makeRoom()) return false;
    this.#entries.set(device.name, { device, sweepsGone: 0 });
    return true;
  }

  /** All of them, in the order in which they came. */
  *all(): Iterable<Device> {
    for (const { device } of this.#entries.values()) yield device;
  }

  /** The account that a device of that name belongs to; undefined: it is nobody's, or not there. */
  ownerOf(name: string): string | undefined {
    return this.#entries.get(name)?.device.account;
  }

  /** The device of that name, else one that uses that handle. */
  find(nameOrHandle: string): Device | undefined {
    const named = this.#entries.get(nameOrHandle)?.device;
    if (named) return named;
    for (const { device } of this.#entries.values()) if (device.handle === nameOrHandle) return device;
    return undefined;
  }

  /** The handles of devices nearer to x, y than `distance` that `sees` is true for, each once, the nearest first, at most `closest`. */
  near({ x, y }: { x: number; y: number }, distance: number, closest: number, sees: Sees): string[] {
    const nearest = new Map<string, number>();
    for (const { device } of this.#entries.values()) {
      if (!sees(device.handle)) continue;
      for (const [latitude, longitude] of device.locations.values()) {
        const away = Math.hypot(latitude - x, longitude - y);
        if (away < distance && away < (nearest.get(device.handle) ?? Number.POSITIVE_INFINITY)) {
          nearest.set(device.handle, away);
        }
      }
    }
    const sorted = [...nearest].sort((one, other) => one[1] - other[1]);
    return sorted.slice(0, Math.max(0, closest)).map(([handle]) => handle);
  }

  /** The handles of devices at the location of that name, whatever its case. */
  at(location: string): string[] {
    const wanted = location.trim().toLowerCase();
    const handles = new Set<string>();
    for (const { device } of this.#entries.values()) {
      for (const name of device.locations.keys()) if (name.toLowerCase() === wanted) handles.add(device.handle);
    }
    return [...handles];
  }

  /** To be called every minute; drops devices whose handle has been gone for an hour. */
  sweep(isOnline: (handle: string) => boolean): void {
    for (const [name, entry] of this.#entries) {
      entry.sweepsGone = isOnline(entry.device.handle) ? 0 : entry.sweepsGone + 1;
      if (entry.sweepsGone > SWEEPS_TO_KEEP) this.#entries.delete(name);
    }
  }

  #makeRoom(): boolean {
    let name: string | undefined;
    let longest = 0;
    for (const [candidate, { sweepsGone }] of this.#entries) {
      if (sweepsGone <= longest) continue;
      name = candidate;
      longest = sweepsGone;
    }
    return name !== undefined && this.#entries.delete(name);
  }
}

/**
 * Reads one device from the JSON text that stands under its name: `{"properties": {"device_id", ...}, "components":
 * {...}, "location": {NAME: [x, y]}}`; parts may be missing, and then `sender` is the handle. Locations that are not two
 * numbers are skipped. Throws JsonScanError where the text or a part of it is not an object.
 */
export function readDevice({ name, raw }: RawMember, { sender, account }: Announced): Device {
  const parts = new Map(scanObject(raw).map((member) => [member.name, member.raw]));
  const rawProperties = parts.get('properties') ?? '{}';
  const rawLocation = parts.get('location') ?? '{}';
  const id = scanObject(rawProperties).find((member) => member.name === 'device_id')?.raw;
  const locations = new Map<string, Location>();
  for (const member of scanObject(rawLocation)) {
    const place: unknown = JSON.parse(member.raw);
    if (!Array.isArray(place) || !Number.isFinite(place[0]) || !Number.isFinite(place[1])) continue;
    locations.set(member.name, [place[0], place[1]]);
  }
  const components = scanObject(parts.get('components') ?? '{}').map((member) => ({
    name: member.name,
    members: scanObject(member.raw),
  }));
  const handle = id?.startsWith('"') ? decodeString(id) : '';
  return { name, handle: handle || sender, account, locations, rawLocation, rawProperties, components };
}
