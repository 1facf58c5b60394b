import { type Encodable, Float } from '@crosscomm/protocol';
import { parseDuration } from './duration.ts';
import { SimError } from './error.ts';
import type { Random } from './random.ts';

/** The values of one reading, one after the other. `elapsedMs`: the time since the device began. */
export type Values = (elapsedMs: number) => Encodable;
/** Begins with the first value: each device has values of its own. */
export type Shape = (random: Random) => Values;

interface Kind {
  /** How the arguments are called in a fault. */
  usage: string;
  min: number;
  max: number;
  make(args: readonly string[]): Shape;
}

const KINDS: Record<string, Kind> = {
  sine: { usage: 'sine(low, high, period)', min: 2, max: 3, make: sine },
  walk: { usage: 'walk(low, high, step)', min: 2, max: 3, make: walk },
  random: { usage: 'random(low, high)', min: 2, max: 2, make: uniform },
  counter: { usage: 'counter(first, step)', min: 0, max: 2, make: counter },
  toggle: { usage: 'toggle()', min: 0, max: 0, make: toggle },
};

/** The shapes there are, for a person. */
export const SHAPES: readonly string[] = Object.values(KINDS).map(({ usage }) => usage);

/**
 * Reads a shape: `sine(18, 24, 60s)`, `walk(40, 60, 1)`, `random(0, 1)`, `counter(0, 1)`, `toggle()`, a number, `true`, `false`
 * or a text in double quotes. Throws SimError.
 */
export function parseShape(text: string): Shape {
  const call = /^([a-z]+)\((.*)\)$/.exec(text);
  if (call) {
    const [, name = '', inside = ''] = call;
    const args = inside.trim() === '' ? [] : inside.split(',').map((arg) => arg.trim());
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
    if (!kind) throw new SimError(`There is no shape "${name}": the shapes are ${SHAPES.join(', ')}.`);
    if (args.length < kind.min || args.length > kind.max) {
      throw new SimError(`"${text}" has the wrong number of arguments: it is ${kind.usage}.`);
    }
    return kind.make(args);
  }
  const value = constant(text);
  return () => () => value;
}

function constant(text: string): Encodable {
  if (text === 'true' || text === 'false') return text === 'true';
  if (/^"[^"]*"$/.test(text)) return text.slice(1, -1);
  const number = numberIn(text);
  return /[.eE]/.test(text) ? new Float(number) : number;
}

function sine([low = '', high = '', period = '60s']: readonly string[]): Shape {
  const [min, max] = rangeOf(low, high);
  const periodMs = parseDuration(period, 'The period of a sine');
  return (random) => {
    const phase = random() * 2 * Math.PI;
    return (elapsedMs) =>
      rounded(min + ((max - min) * (1 + Math.sin(phase + (2 * Math.PI * elapsedMs) / periodMs))) / 2);
  };
}

function walk([low = '', high = '', step]: readonly string[]): Shape {
  const [min, max] = rangeOf(low, high);
  const most = step === undefined ? (max - min) / 20 : numberIn(step);
  return (random) => {
    let at = min + random() * (max - min);
    return () => {
      at = Math.min(max, Math.max(min, at + (2 * random() - 1) * most));
      return rounded(at);
    };
  };
}

function uniform([low = '', high = '']: readonly string[]): Shape {
  const [min, max] = rangeOf(low, high);
  return (random) => () => rounded(min + random() * (max - min));
}

function counter([first = '0', step = '1']: readonly string[]): Shape {
  const [from, by] = [numberIn(first), numberIn(step)];
  return () => {
    let next = from;
    return () => {
      const value = next;
      next += by;
      return value;
    };
  };
}

function toggle(): Shape {
  return () => {
    let next = false;
    return () => {
      next = !next;
      return next;
    };
  };
}

function rangeOf(low: string, high: string): [min: number, max: number] {
  const [min, max] = [numberIn(low), numberIn(high)];
  if (min > max) throw new SimError(`The low end ${low} is above the high end ${high}.`);
  return [min, max];
}

function numberIn(text: string): number {
  const number = Number(text);
  if (text === '' || !Number.isFinite(number)) {
    throw new SimError(
      `"${text}" is no number; a text stands in double quotes, and the shapes are ${SHAPES.join(', ')}.`,
    );
  }
  return number;
}

/** As a sensor says it: two places after the point. */
function rounded(value: number): Float {
  return new Float(Math.round(value * 100) / 100);
}
