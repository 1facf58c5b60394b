import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isChannel, isFor, parseChannel } from '../src/channel-name.ts';

describe('a subscription', () => {
  test.each([
    ['lab', 'lab'],
    ['lab:secret', 'lab:secret'],
    ['lab:secret', 'lab'],
    ['lab', 'lab:secret'],
    ['lab[filter(n > 1)]', 'lab[filter(n > 1)]'],
    ['presence(a:b[c])', 'presence(a:b[c])'],
    ['lab/+', 'lab/room1'],
    ['+/room1', 'lab/room1'],
    ['lab/#', 'lab/room1/temperature'],
    ['lab/#', 'lab'],
    ['#', 'lab'],
    ['$presence/+', '$presence/ann'],
  ])('%s is for %s', (subscription, channel) => {
    expect(isFor(parseChannel(subscription), channel)).toBe(true);
  });

  test.each([
    ['lab', 'lab/room1'],
    ['lab/+', 'lab'],
    ['lab/+', 'lab/room1/temperature'],
    ['lab/room1', 'lab'],
    ['lab/#', 'other/room1'],
    ['#', '$presence/ann'],
    ['+/ann', '$presence/ann'],
    ['lab[filter(n > 1)]', 'lab'],
    ['lab', 'lab[filter(n > 1)]'],
    ['presence(a)', 'presence(b)'],
  ])('%s is not for %s', (subscription, channel) => {
    expect(isFor(parseChannel(subscription), channel)).toBe(false);
  });
});

const { vectors } = JSON.parse(readFileSync(new URL('../../protocol/vectors/names.json', import.meta.url), 'utf8')) as {
  vectors: { name: string; channel: string; valid: boolean }[];
};

test.each(vectors)('a channel with $name is one or not, as the gateway says', ({ channel, valid }) => {
  expect(isChannel(channel)).toBe(valid);
});
