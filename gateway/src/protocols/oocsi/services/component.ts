import { decodeString, type RawMember } from '../../../common/json/scan.ts';
import type { DeviceComponent, LightMode } from '../../announced-devices.ts';

const LED_MODES: Readonly<Record<string, LightMode>> = {
  ONOFF: 'onoff',
  DIMMABLE: 'brightness',
  WHITE: 'brightness',
  CCT: 'color_temp',
  RGB: 'rgb',
  RGBW: 'rgbw',
  RGBWW: 'rgbww',
};

/**
 * A component as a device announced it, in any of the dialects of the OOCSI libraries: that for ESP has `value`, `min`, `max` and a list as
 * `spectrum`; that for Python has `state`, `min_max` and one word; that for Java writes `ledtype`. undefined where it names no channel.
 */
export function readComponent({
  name,
  members,
}: {
  name: string;
  members: readonly RawMember[];
}): DeviceComponent | undefined {
  const of = new Map(members.map(({ name: key, raw }) => [key, raw]));
  const channel = textOf(of.get('channel_name'));
  if (channel === undefined) return undefined;
  const type = textOf(of.get('type')) ?? '';
  const [least, most] = rangeOf(of.get('min_max'));
  return {
    name,
    type,
    channel,
    value: literalOf(of.get('value') ?? of.get('state')),
    unit: textOf(of.get('unit')),
    sensorType: textOf(of.get('sensor_type')),
    icon: textOf(of.get('icon')),
    min: numberOf(of.get('min')) ?? least,
    max: numberOf(of.get('max')) ?? most,
    step: numberOf(of.get('step')),
    light: type === 'light' ? { modes: modesOf(of), brightness: numberOf(of.get('brightness')) } : undefined,
  };
}

function modesOf(of: ReadonlyMap<string, string>): LightMode[] {
  const led = (textOf(of.get('ledType')) ?? textOf(of.get('ledtype')) ?? '').toUpperCase();
  const mode = LED_MODES[led] ?? 'onoff';
  if (!mode.startsWith('rgb')) return [mode];
  const spectrum = textsOf(of.get('spectrum')).map((word) => word.toUpperCase());
  const modes: LightMode[] = spectrum.length === 0 || spectrum.includes('RGB') ? [mode] : [];
  if (spectrum.includes('CCT')) modes.push('color_temp');
  if (spectrum.includes('WHITE')) modes.push(modes.length === 0 ? 'brightness' : 'white');
  return modes.length === 0 ? [mode] : modes;
}

function literalOf(raw: string | undefined): DeviceComponent['value'] {
  const value: unknown = raw === undefined ? undefined : JSON.parse(raw);
  return typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string' ? value : undefined;
}

function numberOf(raw: string | undefined): number | undefined {
  const value = literalOf(raw);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A text that is not empty. */
function textOf(raw: string | undefined): string | undefined {
  return raw?.startsWith('"') ? decodeString(raw) || undefined : undefined;
}

function textsOf(raw: string | undefined): string[] {
  const value: unknown = raw === undefined ? undefined : JSON.parse(raw);
  return (Array.isArray(value) ? value : [value]).filter((word) => typeof word === 'string');
}

function rangeOf(raw: string | undefined): (number | undefined)[] {
  const value: unknown = raw === undefined ? undefined : JSON.parse(raw);
  return Array.isArray(value)
    ? value.slice(0, 2).map((each) => (Number.isFinite(each) ? Number(each) : undefined))
    : [];
}
