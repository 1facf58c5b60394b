/** The time tag that means: at once. */
export const IMMEDIATELY = 1n;

/** From 1900, where time tags begin, to 1970. */
const UNIX_EPOCH_S = 2_208_988_800;
/** How many seconds there are in an era of time tags: these go on from 0 in February 2036. */
const ERA_S = 2 ** 32;
/** By RFC 4330, section 3, a time tag without the highest bit is one after 2036: no one means 1900 to 1968. */
const FIRST_S_OF_THIS_ERA = 2 ** 31;

/** Milliseconds since 1970 that a time tag names, to a thousandth; undefined where it names none: 0, or `IMMEDIATELY`. */
export function timeTagToMs(timeTag: bigint): number | undefined {
  if (timeTag <= IMMEDIATELY) return undefined;
  const seconds = Number(timeTag >> 32n);
  const fraction = Number(timeTag & 0xffff_ffffn) / ERA_S;
  const unixS = seconds - UNIX_EPOCH_S + (seconds < FIRST_S_OF_THIS_ERA ? ERA_S : 0);
  return Math.round((unixS + fraction) * 1_000_000) / 1000;
}

/** The time tag of a moment, milliseconds since 1970. */
export function timeTagOfMs(ms: number): bigint {
  const seconds = Math.floor(ms / 1000);
  const fraction = Math.round(((ms - seconds * 1000) / 1000) * ERA_S);
  return (BigInt.asUintN(32, BigInt(seconds + UNIX_EPOCH_S)) << 32n) + BigInt(Math.min(fraction, ERA_S - 1));
}
