import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

export const ROOT = resolve(import.meta.dirname, '../../..');

/** A block of code of a page. */
export interface Block {
  /** The page, from the root: `docs/python.md`. */
  page: string;
  /** What stands behind the three backticks; empty for an indented block. */
  language: string;
  text: string;
  /** The first line, by which a block is named. */
  first: string;
}

/**
 * The pages whose blocks are run, from the root: all but those that tell how it is built or tested, and
 * the reference of the Node client, whose blocks are parts of one program.
 */
export function runPages(): string[] {
  return allPages().filter(
    (page) => !/^(CONTRIBUTING\.md|CHANGELOG\.md|SECURITY\.md|hil-tests\/|device-sdk\/(protocol|node)\/)/.test(page),
  );
}

/** All pages of the project, from the root. */
export function allPages(): string[] {
  const folders = ['docs', 'device-sdk', 'firmware-examples', 'gateway', 'hil-tests'];
  const found = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md') && !entry.parentPath.includes('node_modules'))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
  );
  return ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', ...found];
}

/** Every token of a page, those in lists and tables included. */
export function tokensOf(page: string): Token[] {
  const tokens: Token[] = [];
  walkTokens(lexer(readFileSync(join(ROOT, page), 'utf8')), (token) => void tokens.push(token));
  return tokens;
}

export function blocksOf(page: string): Block[] {
  return tokensOf(page)
    .filter((token): token is Tokens.Code => token.type === 'code')
    .map(({ lang, text }) => ({ page, language: lang ?? '', text, first: text.split('\n')[0]?.trim() ?? '' }));
}
