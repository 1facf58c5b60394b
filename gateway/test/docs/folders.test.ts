import { describe } from 'vitest';
import { runPages } from './pages.ts';
import { testPages } from './runner.ts';

describe('a block of code on the page of a sketch or a package works', () => {
  testPages(runPages().filter((page) => !/^(README|docs\/)/.test(page)));
});
