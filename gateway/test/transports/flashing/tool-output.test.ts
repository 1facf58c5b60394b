import { expect, test } from 'vitest';
import type { Programmer } from '../../../src/transports/flashing/events.ts';
import { explainFailure, ToolOutput, type ToolProgress } from '../../../src/transports/flashing/tool-output.ts';

/** What is told of an output that comes in pieces of this many characters. */
function told(tool: Programmer, text: string, size: number): string[] {
  const steps: string[] = [];
  const output = new ToolOutput(tool, ({ stage, percent }: ToolProgress) => steps.push(`${stage} ${percent}`));
  for (let at = 0; at < text.length; at += size) output.push(text.slice(at, at + size));
  return steps;
}

const AVRDUDE = `Reading | ################################################## | 100% 0.00s

avrdude: writing 5788 bytes flash ...

Writing | ################################################## | 100% 1.56s

Reading | ################################################## | 100% 0.66s
`;
const EVEN = Array.from({ length: 51 }, (_, index) => index * 2);

test('avrdude is followed by its marks, wherever its output is cut', () => {
  const all = [...EVEN.map((percent) => `writing ${percent}`), ...EVEN.map((percent) => `verifying ${percent}`)];
  expect(told('avrdude', AVRDUDE, 1)).toEqual(all);
  expect(told('avrdude', AVRDUDE, 7).at(-1)).toBe('verifying 100');
  expect(told('avrdude', AVRDUDE, 10_000)).toEqual(['writing 100', 'verifying 100']);
});

test('esptool is followed by its per cent, written over or line by line', () => {
  const old = 'Writing at 0x00010000... (33 %)\rWriting at 0x00014000... (66 %)\rWriting at 0x00018000... (100 %)\n';
  expect(told('esptool', old, 1)).toEqual(['writing 33', 'writing 66', 'writing 100']);
  const now =
    'Writing at 0x00010000 ━━   33.3% 20000/60000 bytes...\nWriting at 0x00018000 ━━━━ 100.0%\nHash of data verified.\n';
  expect(told('esptool', now, 5)).toEqual(['writing 33', 'writing 100']);
});

test('the last words are without bars and blank lines, and are never long', () => {
  const output = new ToolOutput('avrdude', () => {});
  output.push('x'.repeat(100_000));
  output.push('\n\navrdude error: one\n\nWriting | ###\navrdude error: two\navrdude done.  Thank you.\n');
  expect(output.lastWords).toMatch(/avrdude error: one \/ avrdude error: two$/);
  expect(output.lastWords.length).toBeLessThanOrEqual(600);
});

test.each([
  ['avrdude: stk500_getsync() attempt 10 of 10: not in sync: resp=0x00', 'did not answer. Is its kind really uno?'],
  ['avrdude error: programmer is not responding', 'did not answer. Is its kind really uno?'],
  ['A fatal error occurred: Failed to connect to ESP32: No serial data received.', 'hold its button BOOT down'],
  ['A fatal error occurred: This chip is ESP32-C3, not ESP32. Wrong chip argument?', 'for another chip'],
  ['avrdude: Expected signature for ATmega328P is 1E 95 0F', 'for another chip'],
  ['can\'t open device "/dev/ttyACM0": Permission denied', 'the group dialout'],
])('of "%s" it is told what to do', (words, sentence) => {
  expect(explainFailure(words, 'uno')).toContain(sentence);
});

test('words that are not known are not explained', () => {
  expect(explainFailure('something else', 'uno')).toBeUndefined();
});
