import { describe, expect, it } from 'vitest';
import { paintFor } from '../../src/cli/paint.ts';
import { aligned, alignedWithin } from '../../src/cli/text.ts';
import { printable } from '../../src/common/printable.ts';

describe('text for a terminal', () => {
  it('cannot move the cursor, ring, or turn its direction', () => {
    expect(printable('a\tb\r\n\u0007\u001b]0;x\u009b\u2028é漢🙂')).toBe(
      'a\\tb\\r\\n\\u0007\\u001b]0;x\\u009b\\u2028é漢🙂',
    );
  });

  it('stands in columns', () => {
    expect(
      aligned([
        ['a', 'bb', 'c'],
        ['aaa', 'b', ''],
      ]),
    ).toEqual(['a    bb  c', 'aaa  b']);
  });

  it('goes on below in its column where a line has no more room, and can be copied from there', () => {
    const rows = [
      ['ROLE', 'RULES'],
      ['viewer', 'allow read'],
      ['member', 'allow send,subscribe,presence,call; deny send = lab/door'],
    ];
    expect(alignedWithin(rows, 36)).toEqual([
      'ROLE    RULES',
      'viewer  allow read',
      'member  allow send,subscribe,',
      '        presence,call; deny send =',
      '        lab/door',
    ]);
    expect(alignedWithin(rows, 80)).toEqual(aligned(rows));
  });

  it('stands below the columns that fit where there are too many of them', () => {
    const rows = [
      ['CLIENT ID', 'PORT', 'USB', 'STABLE PATH'],
      ['uno', '/dev/ttyACM0', '2341:0043', '/dev/serial/by-id/usb-Arduino-if00'],
      ['away', '-', '-', ''],
    ];
    expect(alignedWithin(rows, 40)).toEqual([
      'CLIENT ID  PORT          USB',
      '    STABLE PATH',
      'uno        /dev/ttyACM0  2341:0043',
      '    /dev/serial/by-id/usb-Arduino-if00',
      'away       -             -',
    ]);
    expect(
      alignedWithin(
        [
          ['name', 'x'],
          ['a-very-long-name', 'y'],
        ],
        8,
      ),
    ).toEqual(['name', '    x', 'a-very-long-name', '    y']);
  });

  it('is painted on a terminal', () => {
    expect(paintFor({ isTTY: true }, {}).red('x')).toBe('\u001b[31mx\u001b[39m');
    expect(paintFor({}, {}).red('x')).toBe('x');
  });
});
