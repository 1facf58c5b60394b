import type { HomeComponent, HomeDevice } from '../home-device.ts';
import { idOf } from '../ids.ts';
import { type Topics, uniqueId } from '../topics.ts';
import { type Entity, entityOf } from './entity.ts';

/** What tells Home Assistant of a device, as JSON. */
export interface DevicePayload {
  readonly device: Readonly<Record<string, unknown>>;
  readonly origin: { readonly name: string; readonly sw_version: string };
  readonly availability: readonly { readonly topic: string }[];
  readonly availability_mode: 'all';
  readonly qos: 1;
  /** By the ids of components. One with a platform alone is one that there was and is no more. */
  readonly components: Readonly<Record<string, Entity>>;
}

interface PayloadWish {
  id: string;
  topics: Topics;
  version: string;
  gone?: Readonly<Record<string, string>>;
  farewell?: 'remind' | 'remove' | undefined;
}

/** What describes how well a device is rather than what it is for. */
const DIAGNOSTICS = /^(?:rssi|(?:wi-?fi )?signal(?: strength)?|uptime|(?:free )?heap|battery|reset reason)$/i;

/**
 * Describes a device for Home Assistant's discovery of devices. Components that it does not know are left out, and so is a second one of the
 * same name.
 *
 * @param id of the device, made by `idOf`
 * @param gone platforms by the ids of components that there were and are no more; one whose id has another platform now is left out, unless:
 * @param farewell says of these in place of what there is: that they are gone, or (`remind`) once more that there are such, as a Home Assistant
 * that was away only forgets what it was told of since it started
 */
export function devicePayload(
  device: HomeDevice,
  { id, topics, version, gone = {}, farewell }: PayloadWish,
): DevicePayload {
  const components: Record<string, Entity> = {};
  for (const component of device.components) {
    const entity = entityWith(component, { id, topics, deviceName: device.name });
    if (entity !== undefined) components[idOf(component.name)] = entity;
  }
  for (const [key, platform] of Object.entries(gone)) {
    const left = farewell === 'remind' ? reminderOf(key, platform, { id, topics }) : { platform };
    if (left !== undefined && (farewell !== undefined || components[key] === undefined)) components[key] = left;
  }
  const { name, area, manufacturer, model, client } = device;
  return {
    device: {
      identifiers: [uniqueId(id)],
      name,
      ...given('suggested_area', area),
      ...given('manufacturer', manufacturer),
      ...given('model', model),
      ...given('sw_version', device.version),
    },
    origin: { name: 'CrossComm Gateway', sw_version: version },
    availability: [{ topic: topics.status }, ...(client === undefined ? [] : [{ topic: topics.online(id) }])],
    availability_mode: 'all',
    qos: 1,
    components,
  };
}

/** The ids of a device's components with their platforms, as Home Assistant has them after a payload. */
export function platformsIn({ components }: DevicePayload): Record<string, string> {
  const there = Object.entries(components).filter(([, entity]) => entity.unique_id !== undefined);
  return Object.fromEntries(there.map(([key, { platform }]) => [key, platform]));
}

function entityWith(
  component: HomeComponent,
  { id, topics, deviceName }: { id: string; topics: Topics; deviceName: string },
): Entity | undefined {
  const { name, icon } = component;
  const entity = entityOf(component, { state: topics.state(id, name), command: topics.command(id, name) });
  if (entity === undefined) return undefined;
  const { platform } = entity;
  const isDiagnostic = (platform === 'sensor' || platform === 'binary_sensor') && DIAGNOSTICS.test(name);
  return {
    ...entity,
    unique_id: uniqueId(id, name),
    name,
    default_entity_id: `${platform}.${slugOf(deviceName)}_${slugOf(name)}`,
    ...given('icon', iconOf(icon)),
    ...(isDiagnostic ? { entity_category: 'diagnostic' } : {}),
  };
}

/** As much of a component that is gone as Home Assistant must be told to know which one it is. */
function reminderOf(
  key: string,
  platform: string,
  { id, topics }: Pick<PayloadWish, 'id' | 'topics'>,
): Entity | undefined {
  const where = { state: topics.state(id, key), command: topics.command(id, key) };
  const entity = entityOf({ name: key, type: platform, channel: '' }, where);
  return entity?.platform === platform ? { ...entity, unique_id: uniqueId(id, key), name: key } : undefined;
}

/** The name of one of Material Design's icons, as Home Assistant has them; undefined where it is none. */
function iconOf(icon: string | undefined): string | undefined {
  const name = icon?.replace(/^mdi[:-]/, '').toLowerCase();
  return name !== undefined && /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name) ? `mdi:${name}` : undefined;
}

/** A name as a part of an entity's id, which has small letters, digits and `_` only. */
function slugOf(name: string): string {
  const words = (/^[ -~]*$/.test(name) ? name : idOf(name)).toLowerCase().match(/[a-z0-9]+/g);
  return words?.join('_') ?? 'part';
}

function given<Name extends string>(name: Name, value: string | undefined): { [key in Name]?: string } {
  return value === undefined || value === '' ? {} : ({ [name]: value } as { [key in Name]: string });
}
