import { stripVTControlCharacters } from 'node:util';
import { encodeQR } from 'qr';
import { expect, test } from 'vitest';
import { qrText } from '../../src/cli/qr-text.ts';

const ADDRESS = 'https://192.168.100.100:9898/pair#493817';

test('a QR code of an address leaves room for its explanation in a terminal of 24 lines and 80 columns', () => {
  const lines = stripVTControlCharacters(qrText(ADDRESS)).split('\n');
  expect(lines.length).toBeLessThanOrEqual(18);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});

test('each half of a cell is as dark as the code, on white, whatever the colours of the terminal are', () => {
  const text = qrText(ADDRESS);
  for (const line of text.split('\n'))
    expect(line.startsWith('\u001b[30;107m') && line.endsWith('\u001b[0m')).toBe(true);
  const lines = stripVTControlCharacters(text).split('\n');
  const rows = encodeQR(ADDRESS, 'raw');
  const shown = rows.map((row, at) => row.map((_, column) => isDark(lines[at >> 1]?.[column], at % 2)));
  expect(shown).toEqual(rows);
});

function isDark(character: string | undefined, half: number): boolean {
  return character === '█' || character === (half === 0 ? '▀' : '▄');
}
