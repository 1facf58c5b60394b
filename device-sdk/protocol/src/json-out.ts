import { Float, type Value } from './value.ts';

/** Below this a float that is exact in 32 bits, written by its double, has no shorter decimals: six digits and a point. */
const SURELY_SHORT = 7;
/** So many digits tell all 32-bit floats apart. */
const DIGITS_32 = 9;

/** The JSON text of a value, without blanks (SPEC.md, section 2). A value that was decoded is never too deep for it. */
export function valueToJsonText(value: Value): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isInteger(value) && isInteger64(value) ? integerText(value) : floatText(value);
    case 'bigint':
      return value.toString();
    case 'boolean':
      return value ? 'true' : 'false';
  }
  if (value === null) return 'null';
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Uint8Array) return `"${base64(value)}"`;
  if (Array.isArray(value)) {
    let text = '';
    for (const item of value) text += `${text === '' ? '' : ','}${valueToJsonText(item)}`;
    return `[${text}]`;
  }
  let text = '';
  for (const [key, member] of value) {
    text += `${text === '' ? '' : ','}${JSON.stringify(typeof key === 'number' ? String(key) : key)}:${valueToJsonText(member)}`;
  }
  return `{${text}}`;
}

function isInteger64(value: number): boolean {
  return value >= -(2 ** 63) && value < 2 ** 64;
}

/** A double writes integers beyond 2^53 with zeros at the end. */
function integerText(value: number): string {
  return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : BigInt(value).toString();
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const digits = Math.fround(value) === value ? digits32(value) : String(value);
  return digits.includes('.') || digits.includes('e') ? digits : `${digits}.0`;
}

/** The fewest digits that read back as this 32-bit float. */
function digits32(value: number): string {
  const all = String(value);
  if (all.length <= SURELY_SHORT) return all;
  for (let digits = 1; digits < DIGITS_32; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(DIGITS_32)));
}

/** How many bytes are turned into text at once: a multiple of three, and few enough for the arguments of a function. */
const CHUNK = 8_190;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += btoa(String.fromCharCode(...bytes.subarray(at, at + CHUNK)));
  return text;
}
