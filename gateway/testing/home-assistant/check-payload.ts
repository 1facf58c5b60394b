import { readFileSync } from 'node:fs';

interface Described {
  keys: string[];
  required: string[];
}

interface Rules {
  version: string;
  payload: Described;
  device: Described;
  origin: Described;
  platforms: Record<string, Described>;
  sensor: { classes: string[]; units: Record<string, (string | null)[]>; stateClasses: Record<string, string[]> };
  number: { classes: string[]; units: Record<string, (string | null)[]> };
  binary_sensor: { classes: string[] };
  event: { classes: string[] };
  switch: { classes: string[] };
}

type Fields = Readonly<Record<string, unknown>>;

/** What Home Assistant demands, as its own schemas and lists have it. */
export const RULES = JSON.parse(readFileSync(new URL('rules.json', import.meta.url), 'utf8')) as Rules;

const WHOLE = ['device', 'origin', 'components'];
const COLOURED = ['hs', 'xy', 'rgb', 'rgbw', 'rgbww'];

/** What Home Assistant would find wrong with a payload that tells of a device; nothing where it takes all of it. */
export function faultsOf(payload: Fields): string[] {
  const { device = {}, origin = {}, components = {} } = payload as Record<string, Fields>;
  const faults = [
    ...unknownKeys('the payload', payload, RULES.payload),
    ...WHOLE.filter((key) => payload[key] === undefined).map((key) => `the payload has no ${key}`),
    ...unknownKeys('device', device, RULES.device),
    ...unknownKeys('origin', origin, RULES.origin),
  ];
  if (!Array.isArray(device.identifiers) && !Array.isArray(device.connections))
    faults.push('device has no identifiers');
  if (typeof origin.name !== 'string') faults.push('origin has no name');
  const ids = new Set<unknown>();
  for (const [key, component] of Object.entries(components) as [string, Fields][]) {
    if (!/^[A-Za-z0-9_-]+$/.test(key)) faults.push(`${key} is no id of a component`);
    // A platform alone: the component is to go.
    if (Object.keys(component).length === 1 && typeof component.platform === 'string') continue;
    faults.push(...faultsOfComponent(component).map((fault) => `${key}: ${fault}`));
    if (ids.has(component.unique_id)) faults.push(`${key}: its unique_id is another's`);
    ids.add(component.unique_id);
  }
  return faults;
}

function faultsOfComponent(component: Fields): string[] {
  const { platform, unique_id: id, default_entity_id: entity, icon } = component;
  const rules = RULES.platforms[String(platform)];
  if (rules === undefined) return [`the platform ${String(platform)} is not known`];
  const { platform: _platform, ...rest } = component;
  const faults = [
    ...unknownKeys('it', rest, rules),
    ...rules.required.filter((key) => component[key] === undefined).map((key) => `it has no ${key}`),
  ];
  if (typeof id !== 'string') faults.push('it has no unique_id');
  if (entity !== undefined && !new RegExp(`^${String(platform)}\\.[a-z0-9_]+$`).test(String(entity)))
    faults.push('its default_entity_id is none');
  if (icon !== undefined && !/^mdi:[a-z0-9-]+$/.test(String(icon))) faults.push('its icon is none');
  return [...faults, ...faultsOfClass(component), ...faultsOfValues(component)];
}

function faultsOfClass({
  platform,
  device_class: name,
  unit_of_measurement: unit,
  state_class: state,
}: Fields): string[] {
  if (name === undefined) return [];
  const among = RULES[platform as 'sensor'] as Partial<Rules['sensor']> | undefined;
  if (among?.classes?.includes(String(name)) !== true) return [`the class ${String(name)} is not known`];
  const faults: string[] = [];
  const units = among.units?.[String(name)];
  if (units !== undefined && !units.includes((unit as string | undefined) ?? null))
    faults.push(`the unit ${String(unit)} does not fit ${String(name)}`);
  const states = among.stateClasses?.[String(name)];
  if (state !== undefined && states?.includes(String(state)) === false)
    faults.push(`${String(name)} is no ${String(state)}`);
  return faults;
}

function faultsOfValues({
  platform,
  min,
  max,
  step,
  supported_color_modes: modes,
  event_types: events,
}: Fields): string[] {
  const faults: string[] = [];
  if (platform === 'number' && !(Number(min) < Number(max) && Number(step) >= 0.001))
    faults.push('its limits are none');
  if (platform === 'event' && !(Array.isArray(events) && events.length > 0)) faults.push('it has no events');
  if (!Array.isArray(modes)) return faults;
  if ((modes.includes('onoff') || modes.includes('brightness')) && modes.length > 1)
    faults.push('onoff and brightness stand alone');
  if (modes.includes('white') && !modes.some((mode) => COLOURED.includes(mode))) faults.push('white needs a colour');
  return faults;
}

function unknownKeys(what: string, fields: Fields, { keys }: Described): string[] {
  return Object.keys(fields)
    .filter((key) => !keys.includes(key))
    .map((key) => `${what} has the unknown key ${key}`);
}
