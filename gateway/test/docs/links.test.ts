import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Tokens } from 'marked';
import { expect, test } from 'vitest';
import { allPages, ROOT, tokensOf } from './pages.ts';

/** The anchor that a heading gets on the pages of a repository. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[`*]/g, '')
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');

const headings = new Map<string, string[]>();
function anchors(page: string): string[] {
  let found = headings.get(page);
  if (!found) {
    const tokens = tokensOf(page).filter((token): token is Tokens.Heading => token.type === 'heading');
    found = tokens.map(({ text }) => anchorOf(text));
    headings.set(page, found);
  }
  return found;
}

test.each(allPages())('every link of %s leads somewhere', (page) => {
  const links = tokensOf(page).filter((token): token is Tokens.Link => token.type === 'link' || token.type === 'image');
  const dead = links
    .map(({ href }) => href)
    .filter((href) => !/^[a-z]+:/.test(href))
    .filter((href) => {
      const [path = '', anchor] = href.split('#');
      const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), decodeURI(path)));
      if (!existsSync(join(ROOT, target))) return true;
      if (anchor === undefined) return false;
      const read = statSync(join(ROOT, target)).isDirectory() ? join(target, 'README.md') : target;
      return !anchors(read).includes(anchor);
    });
  expect(dead).toEqual([]);
});
