/** A number that is written in decimal digits alone, 0 or above; NaN for anything else, such as `1e2`, `0x10`, ` 1` or nothing. */
export function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}
