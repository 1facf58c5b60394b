/**
 * Writes a number as a 32-bit float with a decimal point, in the fewest digits that read back as the same float. As Java's
 * Float.toString, which OOCSI's server uses: 100 is `100.0`, 0.1 is `0.1`, and from 10^7 on and below 10^-3 there is an
 * exponent, 12345678 is `1.2345678E7`. Undefined where it is not finite as such a float.
 */
export function writeFloat32(value: number): string | undefined {
  const float = Math.fround(value);
  if (!Number.isFinite(float)) return undefined;
  const size = Math.abs(float);
  if (size < 1e7 && Number.isInteger(float)) return `${float}.0`;
  // Six digits tell any two decimals apart as floats, and nine tell any two floats apart.
  let shortest = float;
  for (let digits = 6; digits <= 9; digits++) {
    shortest = Number(float.toPrecision(digits));
    if (Math.fround(shortest) === float) break;
  }
  if (size >= 1e-3 && size < 1e7) return withPoint(String(shortest));
  const [mantissa = '', exponent = ''] = shortest.toExponential().split('e');
  return `${withPoint(mantissa)}E${exponent.replace('+', '')}`;
}

function withPoint(text: string): string {
  return text.includes('.') ? text : `${text}.0`;
}
