import type { BoardItem, MessageView } from '../../api/types.ts';
import type { Outgoing } from '../conversation/send-form.tsx';
import { type Colour, colourIn, colourOf, hexOf, onOrOff } from '../devices/component-state.ts';

type Bound = Pick<BoardItem, 'channel' | 'key' | 'retain'>;

/**
 * What is sent to set a value: `{key: value}` where a control is bound to a field, else the value itself, as text where the channel has texts.
 *
 * @param last the last message there
 */
export function messageOf({ channel = '', key, retain = false }: Bound, value: unknown, last?: MessageView): Outgoing {
  const rest = { to: channel, retain };
  if (key !== undefined) return { ...rest, kind: 'dict', body: JSON.stringify({ [key]: value }) };
  if (typeof value === 'string') return { ...rest, kind: 'text', body: value };
  const isScalar = typeof value !== 'object' || value === null;
  const kind = !isScalar && !Array.isArray(value) ? 'dict' : isScalar && last?.kind === 'text' ? 'text' : 'json';
  return { ...rest, kind, body: JSON.stringify(value) };
}

/** What somebody wrote: JSON, or else a text. */
export function written(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Words for on and off; each also in capitals, or with a capital. */
const WORDS = [
  ['on', 'off'],
  ['true', 'false'],
  ['open', 'closed'],
  ['yes', 'no'],
  ['high', 'low'],
  ['1', '0'],
] as const;

/** What a switch sends: what it was told to, else the words in which the last value was said. */
export function switchValue({ on, off }: Pick<BoardItem, 'on' | 'off'>, isOn: boolean, last: unknown): unknown {
  const told = isOn ? on : off;
  if (told !== undefined) return written(told);
  if (typeof last === 'number') return isOn ? 1 : 0;
  if (typeof last !== 'string') return isOn;
  const said = last.toLowerCase();
  const words = WORDS.find(([yes, no]) => yes === said || no === said);
  if (!words) return isOn;
  const word = words[isOn ? 0 : 1];
  if (last === said) return word;
  return last === last.toUpperCase() ? word.toUpperCase() : word.charAt(0).toUpperCase() + word.slice(1);
}

/** Whether a switch is on; undefined: nobody knows. */
export function isSwitchedOn({ on, off }: Pick<BoardItem, 'on' | 'off'>, last: unknown): boolean | undefined {
  const isSaid = (told: string | undefined): boolean =>
    told !== undefined && JSON.stringify(written(told)) === JSON.stringify(last);
  if (isSaid(on)) return true;
  if (isSaid(off)) return false;
  return onOrOff(last);
}

/** A number, also where it was said as text; undefined: it is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

const HEX = /^#?[0-9a-f]{6}$/i;
const PARTS = [
  ['r', 'g', 'b'],
  ['red', 'green', 'blue'],
] as const;

/** The colour that a value says: `#ff8000`, `ff8000`, `[255, 128, 0]`, `{"r": 255, "g": 128, "b": 0}`. */
export function colourFrom(value: unknown): Colour | undefined {
  if (typeof value === 'string') return HEX.test(value) ? colourOf(`#${value.replace('#', '')}`) : undefined;
  if (Array.isArray(value)) return colourIn(value);
  const names = partsOf(value);
  return names && colourIn(names.map((name) => (value as Record<string, unknown>)[name]));
}

/** A colour in the form in which the last one was said; `#ff8000` where nothing was. */
export function colourValue(colour: Colour, last: unknown): unknown {
  if (Array.isArray(last)) return [...colour, ...last.slice(3).map(() => 0)];
  const names = partsOf(last);
  if (names) return Object.fromEntries(names.map((name, index) => [name, colour[index]]));
  const hex = hexOf(colour);
  return typeof last === 'string' && HEX.test(last) && !last.startsWith('#') ? hex.slice(1) : hex;
}

function partsOf(value: unknown): (typeof PARTS)[number] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return PARTS.find((names) => names.every((name) => Object.hasOwn(value, name)));
}
