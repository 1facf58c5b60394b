import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { detachMessage, detachText } from '../../src/hub/detach.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('lets go of the text that a part was cut from', () => {
  const kept: string[] = [];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < 50; n++)
    kept.push(
      detachText(
        Buffer.alloc(1024 * 1024, 97 + (n % 26))
          .toString()
          .slice(10, 200),
      ),
    );
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(10 * 1024 * 1024);
  expect(kept.every((text) => text.length === 190)).toBe(true);
});

it.each(['', 'a', 'caf\u00e9 \ud83d\ude00', '\ud800', ' blanks ', 'x'.repeat(100_000)])(
  'leaves the text as it is',
  (text) => {
    expect(detachText(text)).toBe(text);
  },
);

it('leaves everything about a message as it is', () => {
  const message = { from: 'a', to: 'b', kind: 'bytes', body: Uint8Array.of(1), timestampMs: 5 } as const;
  expect(detachMessage(message)).toEqual({ ...message, id: undefined, objectKey: undefined });
  const file = { ...message, kind: 'file', body: 'f', id: 'i', objectKey: 'k' } as const;
  expect(detachMessage(file)).toEqual(file);
});
