import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CODES, decodeFrame, FILE_KINDS, FRAME_TYPES, GOODBYE_REASONS, TIMES } from '../src/index.ts';
import { fromHex, invalidVectors } from './support/vectors.ts';

/** The columns of its tables are aligned with blanks. */
const SPEC = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8').replace(/ +\|/g, ' |');
const CDDL = readFileSync(new URL('../frames.cddl', import.meta.url), 'utf8');

/** A section of the specification by its number. */
function section(number: number): string {
  const from = SPEC.indexOf(`\n## ${number} `);
  const to = SPEC.indexOf('\n## ', from + 1);
  return SPEC.slice(from, to < 0 ? undefined : to);
}

/** The first two cells of each row that begins with a number. */
function rows(text: string): [string, number][] {
  return [...text.matchAll(/^\| (\d+) \| ([\w ]+) \|/gm)].map(([, number, name]) => [name ?? '', Number(number)]);
}

describe('the specification', () => {
  it('has the types of frames that the codec has', () => {
    const listed = rows(section(3).split('Integers are unsigned')[0] ?? '').map(([name, number]) => [
      name.toLowerCase(),
      number,
    ]);
    expect(listed).toEqual(Object.entries(FRAME_TYPES).map(([name, number]) => [name.toLowerCase(), number]));
  });

  it('has the codes and the reasons that the codec has', () => {
    expect(rows(section(9))).toEqual([...Object.entries(CODES), ...Object.entries(GOODBYE_REASONS)]);
  });

  it('has the kinds of files that the codec has', () => {
    const [, listed = ''] = /^\| kind \| Offer: (.*?)\. Message:/m.exec(section(3)) ?? [];
    const kinds = [...listed.matchAll(/(\d) (\w+)/g)].map(([, number, name]) => [name, Number(number)]);
    expect(kinds).toEqual(Object.entries(FILE_KINDS));
  });

  it('has a CDDL rule for each type of frame', () => {
    for (const number of Object.values(FRAME_TYPES)) expect(CDDL).toMatch(new RegExp(`= \\[${number}[,\\]]`));
  });

  it('has every error that the vectors expect', () => {
    for (const { error } of invalidVectors) expect(section(14)).toContain(`| \`${error}\` |`);
  });

  it('has examples that are frames', () => {
    const examples = [...section(3).matchAll(/^\| `\[.*` .*\| ([0-9A-F ]+) \|$/gm)];
    expect(examples.length).toBeGreaterThanOrEqual(8);
    for (const [, hex] of examples) {
      expect(decodeFrame(fromHex((hex ?? '').replaceAll(' ', ''))).type).not.toBe('unknown');
    }
  });

  it('has times that do not contradict each other', () => {
    expect(TIMES.pingMs * 2).toBeLessThan(TIMES.silentMs);
    expect(TIMES.ackDelayMs * 2).toBeLessThan(TIMES.repeatFirstMs);
    expect(TIMES.silentMs).toBeLessThan(TIMES.keepSessionMs);
  });
});
