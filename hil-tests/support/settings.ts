import { resolve } from 'node:path';

/** The sketch that most cases talk to. */
export const SUBJECT_SKETCH = resolve(import.meta.dirname, '../sketches/subject');

/** How long, in milliseconds, something may take on a machine that has much else to do: a bound, nothing to wait for. */
export const LIMITS = {
  /** Building or flashing firmware, and starting all programs. */
  setUp: 15 * 60_000,
  test: 120_000,
  /** One event of a test. */
  event: 90_000,
};
