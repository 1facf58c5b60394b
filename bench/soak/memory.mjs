import { median } from '../stats.mjs';

/** @import { Growth } from '../types.ts' */

/** What a heap of this size swings by. */
const TOLERATED_MB = 25;

/**
 * How resident memory went, from one sample a second: the middle of the second quarter, when all is warm, beside the middle of
 * the last.
 * @param {number[]} samplesMb
 * @returns {Growth}
 */
export function growthOf(samplesMb) {
  const quarter = Math.floor(samplesMb.length / 4);
  if (quarter === 0) return { firstMb: Number.NaN, lastMb: Number.NaN, mostMb: Number.NaN, grew: false };
  const firstMb = median(samplesMb.slice(quarter, 2 * quarter));
  const lastMb = median(samplesMb.slice(-quarter));
  return { firstMb, lastMb, mostMb: Math.max(...samplesMb), grew: lastMb - firstMb > TOLERATED_MB };
}
