import type { HomeComponent } from '../home-device.ts';
import { lightModes, rangeOf } from '../payload/entity.ts';
import { partsOf } from './state.ts';

type Fields = Record<string, unknown>;

/**
 * What a device is sent for something that Home Assistant asks of a component, in the fields that it listens for on its channel: `state`,
 * `value`, `brightness` and so on, or the field that its description names. undefined where it is nothing that can be asked of it.
 */
export function fieldsFor(component: HomeComponent, payload: string): Fields | undefined {
  const { type, field, on = true, off = false } = component;
  switch (type) {
    case 'switch':
      if (payload !== 'ON' && payload !== 'OFF') return undefined;
      return { [field ?? 'state']: payload === 'ON' ? on : off };
    case 'number': {
      const value = payload.trim() === '' ? Number.NaN : Number(payload);
      const { min, max } = rangeOf(component);
      return value >= min && value <= max ? { [field ?? 'value']: value } : undefined;
    }
    case 'text':
      return { [field ?? 'value']: payload };
    case 'button':
      return payload === 'PRESS' ? { [field ?? 'press']: on } : undefined;
    case 'light':
      return fieldsForLight(component, payload);
    default:
      return undefined;
  }
}

function fieldsForLight(component: HomeComponent, payload: string): Fields | undefined {
  const asked = objectIn(payload);
  const { field = 'state', on = true, off = false } = component;
  if (asked?.state !== 'ON' && asked?.state !== 'OFF') return undefined;
  if (asked.state === 'OFF') return { [field]: off };
  const modes = lightModes(component);
  const fields: Fields = { [field]: on };
  const brightness = byteIn(asked.brightness);
  if (brightness !== undefined && !modes.includes('onoff')) fields.brightness = brightness;
  const { color_temp: mireds, white, color } = asked;
  if (typeof mireds === 'number' && modes.includes('color_temp')) fields.colorTemp = Math.round(mireds);
  const whiteness = byteIn(white);
  if (whiteness !== undefined && modes.includes('white')) fields.brightnessWhite = whiteness;
  if (typeof color === 'object' && color !== null) {
    for (const mode of modes) {
      const colour = partsOf(mode)?.map((part) => byteIn((color as Fields)[part]));
      if (colour?.every((part) => part !== undefined)) fields[`color${mode}`] = colour;
    }
  }
  return fields;
}

function objectIn(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
  } catch {
    return undefined;
  }
}

function byteIn(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= 255 ? Math.round(value) : undefined;
}
