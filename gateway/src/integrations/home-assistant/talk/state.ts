import type { LightMode } from '../../../protocols/announced-devices.ts';
import type { HomeComponent } from '../home-device.ts';
import { eventsOf, lightModes, miredsOf } from '../payload/entity.ts';
import { isNumeric } from '../payload/measured.ts';
import type { Said } from './said.ts';

/** What a component is just now, as far as anybody has said. */
export interface ComponentState {
  readonly isOn?: boolean;
  /** Of a sensor, a number, a text; of an event, what happened. */
  readonly value?: string;
  /** 0 to 255. */
  readonly brightness?: number;
  /** How the lamp was set last. */
  readonly mode?: LightMode;
  /** 0 to 255 each, as many as the mode has. */
  readonly colour?: readonly number[];
  readonly mireds?: number;
}

/** The longest state that Home Assistant has. */
const LONGEST_STATE = 255;
const BRIGHTEST = 255;
/** Of a light that has not said its colour. */
const WHITE = [BRIGHTEST, BRIGHTEST, BRIGHTEST, 0, 0];
const COLOURS = [
  { mode: 'rgb', fields: ['colorrgb', 'rgb'], parts: ['r', 'g', 'b'] },
  { mode: 'rgbw', fields: ['colorrgbw', 'rgbw'], parts: ['r', 'g', 'b', 'w'] },
  { mode: 'rgbww', fields: ['colorrgbww', 'rgbww'], parts: ['r', 'g', 'b', 'c', 'w'] },
] as const;

/** The parts of a colour in a mode, in the order in which devices have them; undefined for a mode without colours. */
export function partsOf(mode: LightMode): readonly string[] | undefined {
  return COLOURS.find((each) => each.mode === mode)?.parts;
}

/** What it was when it was described. */
export function announcedState(component: HomeComponent): ComponentState {
  const { value, light } = component;
  const fields = {
    ...(value === undefined ? {} : { value }),
    ...(light?.brightness === undefined ? {} : { brightness: light.brightness }),
  };
  return stateAfter({}, { ...component, field: undefined }, { fields });
}

/**
 * What it is after a message on its channel, which may come from the device or from whoever sets it. What says nothing of it gives `before`.
 */
export function stateAfter(before: ComponentState, component: HomeComponent, { fields }: Said): ComponentState {
  // Several components may share a channel.
  if (typeof fields.component === 'string' && fields.component !== component.name) return before;
  const value = component.field === undefined ? (fields.state ?? fields.value) : fields[component.field];
  switch (component.type) {
    case 'switch':
    case 'binary_sensor':
      return withOn(before, onOrOff(value, component));
    case 'light':
      return lightAfter(withOn(before, onOrOff(value, component)), component, fields);
    case 'event':
      return withValue(before, eventIn(component, fields, value));
    case 'number':
      return withValue(before, numberText(value));
    case 'sensor':
      return withValue(before, isNumeric(component) ? numberText(value) : textOf(value));
    case 'text':
      return withValue(before, textOf(value));
    default:
      return before;
  }
}

/** A state as Home Assistant reads it; undefined while nothing is known of it. */
export function payloadOf(component: HomeComponent, state: ComponentState): string | undefined {
  const { isOn, value } = state;
  switch (component.type) {
    case 'switch':
    case 'binary_sensor':
      return isOn === undefined ? undefined : wordOf(isOn);
    case 'light':
      return isOn === undefined ? undefined : JSON.stringify(lightPayload(component, state));
    case 'event':
      return value === undefined ? undefined : JSON.stringify({ event_type: value });
    default:
      return value;
  }
}

function wordOf(isOn: boolean): string {
  return isOn ? 'ON' : 'OFF';
}

/** Of a light that is on, Home Assistant wants the colour of its mode, or refuses the state; of one that is off, none. */
function lightPayload(component: HomeComponent, state: ComponentState): object {
  const { isOn = false, brightness = BRIGHTEST, mode, colour = [], mireds } = state;
  if (!isOn) return { state: wordOf(isOn) };
  const modes = lightModes(component);
  const now = mode !== undefined && modes.includes(mode) ? mode : modes[0];
  const parts = now === undefined ? undefined : partsOf(now);
  const known = parts?.length === colour.length ? colour : WHITE;
  return {
    state: wordOf(isOn),
    color_mode: now,
    ...(now === 'onoff' ? {} : { brightness }),
    ...(parts === undefined ? {} : { color: Object.fromEntries(parts.map((part, index) => [part, known[index]])) }),
    ...(now === 'color_temp' ? { color_temp: mireds ?? miredsOf(component).min_mireds } : {}),
  };
}

function lightAfter(before: ComponentState, component: HomeComponent, fields: Said['fields']): ComponentState {
  const modes = lightModes(component);
  let after = before;
  const brightness = numberIn(fields.brightness);
  if (brightness !== undefined) after = { ...after, brightness: byteOf(brightness) };
  for (const { mode, fields: names, parts } of COLOURS) {
    const colour = names.map((name) => coloursIn(fields[name], parts.length)).find((each) => each !== undefined);
    if (colour !== undefined && modes.includes(mode)) after = { ...after, mode, colour };
  }
  const mireds = numberIn(fields.colorTemp ?? fields.color_temp);
  if (mireds !== undefined && modes.includes('color_temp'))
    after = { ...after, mode: 'color_temp', mireds: Math.round(mireds) };
  const white = numberIn(fields.brightnessWhite ?? fields.white);
  if (white !== undefined && modes.includes('white')) after = { ...after, mode: 'white', brightness: byteOf(white) };
  return after;
}

function eventIn(component: HomeComponent, fields: Said['fields'], value: unknown): string | undefined {
  const happened = component.field === undefined ? (fields.event ?? value) : value;
  const events = eventsOf(component);
  if (happened === true || happened === 1) return events[0];
  return typeof happened === 'string' && events.includes(happened) ? happened : undefined;
}

/** Whether a value says that something is on; undefined: it says nothing of the kind. */
function onOrOff(value: unknown, { on, off }: Pick<HomeComponent, 'on' | 'off'>): boolean | undefined {
  if (value === undefined || value === null) return undefined;
  if (on !== undefined && String(value) === String(on)) return true;
  if (off !== undefined && String(value) === String(off)) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return undefined;
  if (/^(?:on|true|1|open)$/i.test(value)) return true;
  return /^(?:off|false|0|closed)$/i.test(value) ? false : undefined;
}

function withOn(before: ComponentState, isOn: boolean | undefined): ComponentState {
  return isOn === undefined || isOn === before.isOn ? before : { ...before, isOn };
}

function withValue(before: ComponentState, value: string | undefined): ComponentState {
  return value === undefined || value === before.value ? before : { ...before, value };
}

function numberText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return value ? '1' : '0';
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? String(number) : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  return String(value).slice(0, LONGEST_STATE);
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function byteOf(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

function coloursIn(value: unknown, count: number): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length !== count) return undefined;
  const numbers = value.flatMap((each) => numberIn(each) ?? []);
  return numbers.length === count ? numbers.map(byteOf) : undefined;
}
