import { expect, it } from 'vitest';
import { possibleTargets } from '../../src/oss/target.ts';

const inBucket = (key: string, bucket = 'crosscomm') => ({ bucket, key });

it.each([
  ['192.168.1.10', '/crosscomm/a/b', [inBucket('a/b'), inBucket('crosscomm/a/b')]],
  ['localhost', '/crosscomm/a', [inBucket('a'), inBucket('crosscomm/a')]],
  ['[::1]', '/crosscomm', [inBucket(''), inBucket('crosscomm')]],
  ['localhost', '/crosscomm/', [inBucket(''), inBucket('crosscomm/')]],
  ['localhost', '/', [{ key: '' }, inBucket('')]],
  ['crosscomm.pi.local', '/a/b', [inBucket('a/b'), inBucket('b', 'a')]],
  ['other.pi.local', '/a', [inBucket('', 'a'), inBucket('a'), inBucket('a', 'other')]],
])('takes %s and %s for what they may mean, the likeliest first', (host, path, targets) => {
  expect(possibleTargets({ host, path }, 'crosscomm')).toEqual(targets);
});
