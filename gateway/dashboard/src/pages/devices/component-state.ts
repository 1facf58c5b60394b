import type { DeviceComponent } from '../../api/types.ts';
import { saidIn } from '../channels/numbers.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** What a component of a device is just now, as far as anybody has said. */
export interface ComponentState {
  isOn?: boolean;
  /** Of a number or a sensor. */
  value?: number | string;
  /** 0 to 255. */
  brightness?: number;
  /** Of the white light of a lamp that has colours as well; 0 to 255. */
  white?: number;
  colour?: Colour;
  /** In mireds. */
  colourTemperature?: number;
}

/** What it was when it told of itself. */
export function announcedState({ value, light, ...component }: DeviceComponent): ComponentState {
  return { ...valueState(component, value), ...given('brightness', light?.brightness) };
}

/**
 * What it is after a message on its channel, which may come from the device or from whoever sets it.
 *
 * @param body the text of the message; what cannot be read changes nothing
 */
export function stateAfter(
  before: ComponentState,
  described: Pick<DeviceComponent, 'name' | 'type' | 'field' | 'on' | 'off'>,
  body: string | undefined,
): ComponentState {
  if (body === undefined) return before;
  const said = saidIn(body);
  const fields = isFields(said) ? said : { value: said };
  const { name, type, field } = described;
  const { component } = fields;
  // Several components may share a channel.
  if (typeof component === 'string' && component !== name) return before;
  return {
    ...before,
    ...valueState(described, field === undefined ? valueIn(type, fields) : fields[field]),
    ...given('brightness', numberIn(fields.brightness)),
    ...given('white', numberIn(fields.brightnessWhite ?? fields.white)),
    ...given('colour', colourIn(fields.colorrgb ?? fields.colorrgbw ?? fields.colorrgbww)),
    ...given('colourTemperature', numberIn(fields.colorTemp ?? fields.color_temp)),
  };
}

/** A colour as fields for colours have it: `#ff8000`. */
export function hexOf([red, green, blue]: Colour): string {
  const digits = [red, green, blue].map((part) => Math.min(255, Math.max(0, Math.round(part))));
  return `#${digits.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

/** The colour of `#ff8000`. */
export function colourOf(hex: string): Colour {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) || 0);
  return [red, green, blue];
}

/** What sets the colour of a light, with the parts for white, which stay dark. */
export function colourFields(modes: readonly string[], colour: Colour): Record<string, number[]> {
  if (modes.includes('rgbww')) return { colorrgbww: [...colour, 0, 0] };
  if (modes.includes('rgbw')) return { colorrgbw: [...colour, 0] };
  return { colorrgb: [...colour] };
}

const IS_ON_OR_OFF = /^(switch|light|binary_sensor)$/;

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueIn(type: string, fields: Record<string, unknown>): unknown {
  return (type === 'event' ? fields.event : undefined) ?? fields.state ?? fields.value;
}

function valueState({ type, on, off }: Pick<DeviceComponent, 'type' | 'on' | 'off'>, value: unknown): ComponentState {
  if (IS_ON_OR_OFF.test(type)) {
    if (value === undefined) return {};
    if (on !== undefined && String(value) === String(on)) return { isOn: true };
    if (off !== undefined && String(value) === String(off)) return { isOn: false };
    return given('isOn', onOrOff(value));
  }
  if (typeof value === 'boolean') return { value: String(value) };
  return typeof value === 'number' || typeof value === 'string' ? { value } : {};
}

/** Whether a value says that something is on; undefined: it says nothing of the kind. */
export function onOrOff(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return undefined;
  if (/^(on|true|1|open)$/i.test(value)) return true;
  return /^(off|false|0|closed)$/i.test(value) ? false : undefined;
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The colour that a list of three numbers says. */
export function colourIn(value: unknown): Colour | undefined {
  if (!Array.isArray(value)) return undefined;
  const [red, green, blue] = value.map(numberIn);
  return red === undefined || green === undefined || blue === undefined ? undefined : [red, green, blue];
}

/** A member that is left out where its value is not known. */
function given<Name extends keyof ComponentState>(name: Name, value: ComponentState[Name]): ComponentState {
  return value === undefined ? {} : { [name]: value };
}
