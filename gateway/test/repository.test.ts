import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const ROOT = new URL('../../', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** The sections of .editorconfig by their pattern. */
function editorconfig(): Map<string, Map<string, string>> {
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of text('.editorconfig').split('\n')) {
    const heading = /^\[(.+)\]$/.exec(line)?.[1];
    const [key, value] = line.split(' = ');
    if (heading !== undefined) {
      section = new Map();
      sections.set(heading, section);
    } else if (key !== undefined && value !== undefined) section.set(key, value);
  }
  return sections;
}

describe('.editorconfig', () => {
  it('says to editors what the formatter does', () => {
    const { formatter } = JSON.parse(text('biome.json')) as {
      formatter: { indentStyle: string; indentWidth: number; lineWidth: number };
    };
    const all = editorconfig().get('*');
    const code = editorconfig().get('*.{ts,mts,js,mjs,json,jsonc,css}');
    expect(all?.get('indent_style')).toBe(formatter.indentStyle);
    expect(all?.get('indent_size')).toBe(String(formatter.indentWidth));
    expect(code?.get('max_line_length')).toBe(String(formatter.lineWidth));
  });

  it('says of C++ what clang-format does, whose style of Google indents by two', () => {
    const style = z.object({
      BasedOnStyle: z.literal('Google'),
      ColumnLimit: z.number(),
      IndentWidth: z.literal(2).optional(),
    });
    const { ColumnLimit } = style.parse(parse(text('.clang-format')));
    const cpp = editorconfig().get('*.{cpp,h,ino,c}');
    expect(cpp?.get('indent_size')).toBe('2');
    expect(cpp?.get('max_line_length')).toBe(String(ColumnLimit));
  });
});

// What a form that is not as it should be becomes is an empty page, and nobody is told.
const question = z.strictObject({
  type: z.enum(['input', 'textarea', 'dropdown', 'checkboxes']),
  id: z.string().regex(/^[a-z]+$/),
  attributes: z.strictObject({
    label: z.string(),
    description: z.string().optional(),
    placeholder: z.string().optional(),
    render: z.string().optional(),
    multiple: z.boolean().optional(),
    options: z.array(z.union([z.string(), z.strictObject({ label: z.string() })])).optional(),
  }),
  validations: z.strictObject({ required: z.boolean() }).optional(),
});
const note = z.strictObject({ type: z.literal('markdown'), attributes: z.strictObject({ value: z.string() }) });
const form = z.strictObject({
  name: z.string(),
  description: z.string(),
  labels: z.array(z.string()),
  body: z.array(z.union([note, question])),
});

describe('the forms for issues', () => {
  const folder = '.github/ISSUE_TEMPLATE/';
  const forms = readdirSync(new URL(folder, ROOT)).filter((name) => name !== 'config.yml');

  it.each(forms)('%s is a form, and asks for the version', (name) => {
    const { body } = form.parse(parse(text(`${folder}${name}`)));
    const ids = body.flatMap((part) => ('id' in part ? [part.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('version');
  });
});

describe('the types', () => {
  const configs = [...text('scripts/check.mjs').matchAll(/\/tsc', \['--noEmit', '-p', '([^']+)'\]/g)].map(
    ([, path]) => path ?? '',
  );
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT));

  it('are checked by more than one configuration', () => {
    expect(configs).toContain('gateway/dashboard');
  });

  it.each(configs)('of %s are checked by sources, not by what was built before', (path) => {
    const shown = execFileSync(process.execPath, [tsc, '-p', path, '--listFilesOnly'], {
      cwd: fileURLToPath(ROOT),
      encoding: 'utf8',
    });
    const built = shown
      .split('\n')
      .filter((file) => /\/dist\//.test(relative(fileURLToPath(ROOT), file).replace(/^node_modules\/.*/, '')));
    expect(shown).toContain('device-sdk/protocol/src/index.ts');
    expect(built).toEqual([]);
  });
});

/** Folders in which other tests, and what is built beside them, make and remove files at any time. */
const NOT_OURS = /(^|\/)(node_modules|dist|packages|coverage|docs\/api|\.[^/]+)\/$/;

/** The files in a folder and in all below it, but for those that are made: paths from the root. */
function filesIn(folder: string): string[] {
  return readdirSync(new URL(folder, ROOT), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}${entry.name}`;
    if (!entry.isDirectory()) return [path];
    return NOT_OURS.test(`${path}/`) ? [] : filesIn(`${path}/`);
  });
}

describe('the scripts', () => {
  const scripts = filesIn('')
    .filter((file) => file.endsWith('.mjs'))
    .sort();

  it('are all among those whose types are checked', () => {
    const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', ROOT));
    const listed = execFileSync(process.execPath, [tsc, '-p', 'tsconfig.scripts.json', '--listFilesOnly'], {
      cwd: fileURLToPath(ROOT),
      encoding: 'utf8',
    });
    const checked = listed.split('\n').map((file) => relative(fileURLToPath(ROOT), file));
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.filter((file) => !checked.includes(file))).toEqual([]);
  });

  it.each(scripts)('%s has no type that allows everything, and no error that is passed over', (file) => {
    expect(text(file)).not.toMatch(/@ts-(ignore|nocheck|expect-error)|@\w+ \{[^@\n]*\bany\b[^@\n]*\}/);
  });
});
