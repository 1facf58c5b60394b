/** @import { Figure } from './types.ts' */

/**
 * The value in the middle; the mean of the two in the middle where there is none.
 * @param {readonly number[]} values
 * @returns {number}
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Median, smallest and largest, and the values themselves, a round each.
 * @param {number[]} values
 * @returns {Figure}
 */
export function summary(values) {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), values };
}
