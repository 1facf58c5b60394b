import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTopicName } from '../../../src/mqtt-engine/topic-names.ts';
import {
  decodeLevel,
  directTopic,
  encodeLevel,
  isChannelTopic,
  isFreeTopic,
} from '../../../src/protocols/mqtt/topics.ts';

describe('a client id in a topic', () => {
  it('is one level without wildcards, and can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (id) => {
        const level = encodeLevel(id);
        expect(level).not.toMatch(/[/+#\0]/);
        expect(decodeLevel(level)).toBe(id);
      }),
    );
  });

  it('is escaped as in a URL, and no more than needed', () => {
    expect(directTopic('a/b', '50% größer+')).toBe('$direct/a%2Fb/50%25 größer%2B');
  });
});

describe('a topic', () => {
  it.each(['led', 'a/b', '/', 'a//b', 'größer', 'a'.repeat(65_535), '/'.repeat(99)])('may be %.20s', (name) => {
    expect(isTopicName(name)).toBe(true);
  });

  it.each(['', 'a/#', '+', 'a\0b', 'a'.repeat(65_536), 'ö'.repeat(40_000), '/'.repeat(100)])(
    'must not be %.20j',
    (name) => {
      expect(isTopicName(name)).toBe(false);
    },
  );

  it('is no channel where it begins with $', () => {
    expect(isChannelTopic('$direct/a/b')).toBe(false);
    expect(isChannelTopic('a$')).toBe(true);
  });

  it('is looked at more closely where it may be more than a channel of this name', () => {
    expect(['led', 'a/b', '/', 'presence'].every(isFreeTopic)).toBe(true);
    for (const name of ['$direct/a', 'room:secret', 'a\0b', 'presence(a)']) expect(isFreeTopic(name)).toBe(false);
  });
});
