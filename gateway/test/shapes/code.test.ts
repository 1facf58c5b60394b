import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { PYTHON } from '@crosscomm/testing/python';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it } from 'vitest';
import { codeFor } from '../../src/shapes/code/code.ts';
import type { Shape } from '../../src/shapes/shape.ts';
import { ShapeBook } from '../../src/shapes/shape-book.ts';

const CHANNEL = 'lab/room-1 "*/\u2028';
/** Names that no language takes as they are, two of which are the same once they are made fit. */
const FULL = { temperature: 21.5, 'a-b': 1, a_b: 'x', class: true, '\u{1f600}"\n': null, __x: [1, 'a'], self: {} };
const BARE = { temperature: 20, 'a-b': 2, a_b: '', class: false, '\u{1f600}"\n': null, __x: [] };

function shapeOf(...bodies: unknown[]): Shape {
  const book = new ShapeBook(new FakeClock());
  for (const body of bodies) book.note({ to: CHANNEL, kind: 'json', body: JSON.stringify(body) });
  return book.of(CHANNEL) as Shape;
}

const TSC = join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc');

/** What the compiler says against a program. */
async function faultsOf(source: string): Promise<string[]> {
  const file = join(await temporaryFolder(), 'code.ts');
  await writeFile(file, source);
  const flags = ['--strict', '--noEmit', '--target', 'ES2022', '--ignoreConfig', '--pretty', 'false'];
  const run = promisify(execFile)(process.execPath, [TSC, ...flags, file], { cwd: dirname(file) });
  return await run.then(
    () => [],
    ({ stdout }: { stdout: string }) => stdout.split('\n').filter((line) => line.includes('error TS')),
  );
}

describe('code for what a channel carries', () => {
  it('is a type of TypeScript that takes such messages and no others', { timeout: 60_000 }, async () => {
    const code = codeFor(shapeOf(FULL, BARE), 'ts');
    const use = (body: object): string => `const x${'_'.repeat(++uses)}: LabRoom1 = ${JSON.stringify(body)};\n`;
    let uses = 0;
    expect(await faultsOf(code + use(FULL) + use(BARE) + use({ ...FULL, temperature: 'hot' }))).toEqual([
      expect.stringContaining('TS2322'),
    ]);
  });

  it('is a type by which a program of TypeScript reads such messages when it runs', { timeout: 60_000 }, async () => {
    const folder = await temporaryFolder();
    const use =
      'const messages: LabRoom1[] = JSON.parse(process.argv[2] as string);\n' +
      'const [full, bare] = messages as [LabRoom1, LabRoom1];\n' +
      'const items: string = full.__x.map((item) => (typeof item === "number" ? item.toFixed(1) : item)).join(" ");\n' +
      'console.log(JSON.stringify([full.temperature + bare.temperature, full["a-b"] * 2, full.a_b.length, !full.class, items, bare.self === undefined]));\n';
    await writeFile(
      join(folder, 'code.ts'),
      `declare const process: { argv: string[] };\n${codeFor(shapeOf(FULL, BARE), 'ts')}${use}`,
    );
    const flags = ['--strict', '--target', 'ES2022', '--ignoreConfig', '--pretty', 'false', '--module', 'nodenext'];
    await promisify(execFile)(process.execPath, [TSC, ...flags, 'code.ts'], { cwd: folder });
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(folder, 'code.js'),
      JSON.stringify([FULL, BARE]),
    ]);
    expect(JSON.parse(stdout)).toEqual([41.5, 2, 1, false, '1.0 a', true]);
  });

  it('is a dataclass of Python that makes the same message again', async () => {
    const file = join(await temporaryFolder(), 'room.py');
    const messages = JSON.stringify([FULL, BARE]);
    const use =
      'import json, sys\nfor each in json.loads(sys.argv[1]):\n    assert LabRoom1.from_message(each).to_message() == each\n' +
      'print(LabRoom1.from_message(json.loads(sys.argv[1])[0]).temperature)\n';
    await writeFile(file, `${codeFor(shapeOf(FULL, BARE), 'python')}\n${use}`);
    const { stdout } = await promisify(execFile)(PYTHON, [file, messages]);
    expect(stdout).toBe('21.5\n');
  });

  it('is a JSON Schema with what is needed and what is not', () => {
    expect(JSON.parse(codeFor(shapeOf({ on: true, level: 1 }, { on: false, tags: ['a'] }), 'json-schema'))).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: CHANNEL,
      type: 'object',
      properties: {
        on: { type: 'boolean' },
        level: { type: 'integer' },
        tags: { type: 'array', items: { type: 'string' } },
      },
      required: ['on'],
    });
  });

  it.each([
    ['ts', 'export type LabRoom1 = number | string;'],
    ['python', 'LabRoom1 = Union[float, str]'],
    ['json-schema', '"type": [\n    "number",\n    "string"\n  ]'],
  ] as const)('in %s is for messages that are no objects, too', (language, expected) => {
    expect(codeFor(shapeOf(21.5, 'off'), language)).toContain(expected);
  });
});
