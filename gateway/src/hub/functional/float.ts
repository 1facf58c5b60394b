/**
 * Writes a number as a 32-bit float with a decimal point, in the fewest digits that read back as the same float (as
 * Java's Float.toString): 100 is `100.0`, 0.1 is `0.1`. Undefined where it is not finite as such a float.
 */
export function writeFloat32(value: number): string | undefined {
  const float = Math.fround(value);
  if (!Number.isFinite(float)) return undefined;
  if (Number.isInteger(float) && Math.abs(float) < 2 ** 24) return `${float}.0`;
  // Six digits tell any two decimals apart as floats, and nine tell any two floats apart.
  let shortest = float;
  for (let digits = 6; digits <= 9; digits++) {
    shortest = Number(float.toPrecision(digits));
    if (Math.fround(shortest) === float) break;
  }
  const text = String(shortest);
  if (text.includes('.')) return text;
  const exponent = text.indexOf('e');
  return exponent < 0 ? `${text}.0` : `${text.slice(0, exponent)}.0${text.slice(exponent)}`;
}
