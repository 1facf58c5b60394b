import { describe, expect, it } from 'vitest';
import { paintFor } from '../../src/cli/paint.ts';
import { aligned } from '../../src/cli/text.ts';
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

  it('is painted on a terminal', () => {
    expect(paintFor({ isTTY: true }, {}).red('x')).toBe('\u001b[31mx\u001b[39m');
    expect(paintFor({}, {}).red('x')).toBe('x');
  });
});
