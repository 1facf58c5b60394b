/** Digits with which a float32 may be told from its neighbours, and with which it always can be. */
const FEWEST_DIGITS = 6;
const MOST_DIGITS = 9;

/**
 * The number with the fewest digits that `float`, a float32, is the nearest to: 0.1 rather than the 0.10000000149011612 which it is
 * to the last bit.
 */
export function shortestOfFloat32(float: number): number {
  if (!Number.isFinite(float) || float === 0) return float;
  for (let digits = FEWEST_DIGITS; digits < MOST_DIGITS; digits++) {
    const shorter = Number(float.toPrecision(digits));
    if (Math.fround(shorter) === float) return shorter;
  }
  return Number(float.toPrecision(MOST_DIGITS));
}

/** True where a float32 carries `number` with all its digits: whoever reads it can print the same number. */
export function fitsFloat32(number: number): boolean {
  const float = Math.fround(number);
  return float === number || shortestOfFloat32(float) === number;
}

/** The JSON text of a number that is no integer by its type: `1.0`, not `1`. JSON has no NaN and no infinity: null. */
export function floatText(number: number): string {
  if (!Number.isFinite(number)) return 'null';
  const text = Object.is(number, -0) ? '-0' : String(number);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
