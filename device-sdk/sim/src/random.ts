/** A number from 0 up to but not including 1. */
export type Random = () => number;

/** Random numbers that are the same for the same seed, an integer (the generator is splitmix32). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/**
 * Random numbers for each purpose, the same for the same seed and purpose: how many one purpose takes, and when, does not change what
 * another gets.
 */
export function seededStreams(seed: number): (purpose: string) => Random {
  return (purpose) => {
    // FNV-1a, 32 bits.
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from(`${seed} ${purpose}`)) hash = Math.imul(hash ^ byte, 0x01000193);
    return seededRandom(hash);
  };
}

/** How long until the next of events that come `meanMs` apart on average, and know nothing of each other. */
export function waitMs(meanMs: number, random: Random): number {
  return -Math.log(1 - random()) * meanMs;
}
