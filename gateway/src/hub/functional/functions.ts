import type { Window } from './window.ts';

/** A function over numbers: how many it takes, and what it comes to; NaN is an error. */
export interface NumberFunction {
  least: number;
  most: number;
  run(values: readonly number[]): number;
}

const one = (run: (value: number) => number): NumberFunction => ({
  least: 1,
  most: 1,
  run: ([value = Number.NaN]) => run(value),
});
const two = (run: (left: number, right: number) => number): NumberFunction => ({
  least: 2,
  most: 2,
  run: ([left = Number.NaN, right = Number.NaN]) => run(left, right),
});
const many = (run: (values: readonly number[]) => number): NumberFunction => ({
  least: 1,
  most: Number.POSITIVE_INFINITY,
  run,
});

const radians = (degrees: number): number => (degrees * Math.PI) / 180;
const degrees = (angle: number): number => (angle * 180) / Math.PI;
/** Whole quarter turns would come out a hair beside 0, 1 and -1. */
const tidy = (value: number): number => Math.round(value * 1e15) / 1e15;
const sin = (angle: number): number => tidy(Math.sin(radians(angle)));
const cos = (angle: number): number => tidy(Math.cos(radians(angle)));

/** Rounds to `scale` decimals; a half goes to the even neighbour, as EvalEx does. */
function round([value = Number.NaN, scale = 0]: readonly number[]): number {
  const factor = 10 ** Math.trunc(scale);
  const scaled = value * factor;
  const below = Math.floor(scaled);
  const part = scaled - below;
  const whole = part === 0.5 ? below + Math.abs(below % 2) : Math.round(scaled);
  return Number.isFinite(scaled) ? whole / factor : value;
}

function factorial(value: number): number {
  if (value < 0 || value > 170 || !Number.isInteger(value)) return Number.NaN;
  let product = 1;
  for (let factor = 2; factor <= value; factor++) product *= factor;
  return product;
}

/** EvalEx 3's functions over numbers, by name in lower case. Angles are degrees, in those that end in R radians. */
export const NUMBER_FUNCTIONS: ReadonlyMap<string, NumberFunction> = new Map(
  Object.entries({
    abs: one(Math.abs),
    acos: one((value) => degrees(Math.acos(value))),
    acosr: one(Math.acos),
    asin: one((value) => degrees(Math.asin(value))),
    asinr: one(Math.asin),
    atan: one((value) => degrees(Math.atan(value))),
    atanr: one(Math.atan),
    atan2: two((y, x) => degrees(Math.atan2(y, x))),
    atan2r: two(Math.atan2),
    average: many((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    ceiling: one(Math.ceil),
    cos: one(cos),
    cosh: one(Math.cosh),
    cosr: one(Math.cos),
    deg: one(degrees),
    fact: one(factorial),
    floor: one(Math.floor),
    log: one(Math.log),
    log10: one(Math.log10),
    max: many((values) => Math.max(...values)),
    min: many((values) => Math.min(...values)),
    rad: one(radians),
    round: { least: 1, most: 2, run: round },
    sin: one(sin),
    sinh: one(Math.sinh),
    sinr: one(Math.sin),
    sqrt: one(Math.sqrt),
    sum: many((values) => values.reduce((sum, value) => sum + value, 0)),
    tan: one((angle) => sin(angle) / cos(angle)),
    tanh: one(Math.tanh),
    tanr: one(Math.tan),
  }),
);

/** OOCSI's functions over a window, called with a value and the window's length, by name in lower case. */
export const WINDOW_FUNCTIONS: ReadonlyMap<string, (window: Window) => number> = new Map(
  Object.entries({
    sum: (window: Window) => window.sum(),
    mean: (window: Window) => window.mean(),
    stdev: (window: Window) => window.standardDeviation(),
    emin: (window: Window) => window.least(),
    emax: (window: Window) => window.greatest(),
  }),
);

/** EvalEx's constants, by name in lower case. A field of that name is hidden by them, as in EvalEx. */
export const CONSTANTS: ReadonlyMap<string, number | boolean> = new Map<string, number | boolean>([
  ['pi', Math.PI],
  ['e', Math.E],
  ['true', true],
  ['false', false],
]);
