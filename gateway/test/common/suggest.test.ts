import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../src/common/suggest.ts';

describe('the nearest known word', () => {
  it('is the one with the fewest slips', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    expect(nearest('prot', ['host', 'port'])).toBe('port');
  });

  it('is found however the words are joined', () => {
    expect(nearest('MAX-LINE-BYTES', ['maxLineBytes', 'maxQueueBytes'])).toBe('maxLineBytes');
  });

  it('is none where all are far, or the word is too long to be one', () => {
    expect(nearest('banana', ['host', 'port'])).toBeUndefined();
    expect(nearest('port'.repeat(1000), ['port'])).toBeUndefined();
  });
});
