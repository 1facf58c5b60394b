import { encodeQR } from 'qr';

/**
 * A QR code for a terminal, two rows of it a line, so that one of an address fits into 24 lines. Black on white by its own colours, as
 * cameras take no code that a dark terminal shows the other way round.
 */
export function qrText(text: string): string {
  const rows = encodeQR(text, 'raw');
  const lines: string[] = [];
  for (let at = 0; at < rows.length; at += 2) {
    const [upper = [], lower = []] = rows.slice(at, at + 2);
    const cells = upper.map((isDark, column) => HALVES[(isDark ? 2 : 0) + (lower[column] ? 1 : 0)]);
    lines.push(`${BLACK_ON_WHITE}${cells.join('')}${RESET}`);
  }
  return lines.join('\n');
}

/** What a cell shows whose lower half (1), upper half (2) or both (3) are dark. */
const HALVES = [' ', '▄', '▀', '█'];
const BLACK_ON_WHITE = '\x1b[30;107m';
const RESET = '\x1b[0m';
