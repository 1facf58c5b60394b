import { describe, expect, test } from 'vitest';
import { forgotten } from './decisions.ts';
import { blocksOf, runPages } from './pages.ts';
import { testPages } from './runner.ts';

// Every block of code in the README and in docs/ is run as far as it can be, against a gateway that runs. What cannot be is
// named in decisions.ts with the reason; a block of a new kind fails until somebody has decided.

describe('a block of code in the documentation works', () => {
  testPages(runPages().filter((page) => /^(README|docs\/)/.test(page)));
});

test('what is not run is still there', () => {
  expect(forgotten(runPages().flatMap(blocksOf))).toEqual([]);
});
