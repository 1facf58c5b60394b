import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromPureData, parseFrame, parseLine } from '../../../src/protocols/oocsi/codec.ts';

describe('a line', () => {
  it.each([
    ['sendraw ch {"a": 1}', { verb: 'send', to: 'ch', text: '{"a": 1}', plain: true }],
    ['  sendraw ch hello  world \r', { verb: 'send', to: 'ch', text: 'hello  world', plain: true }],
    ['sendraw2 ch x', { verb: 'send', to: 'ch', text: 'x', plain: true }],
    ['send ch {}', { verb: 'send', to: 'ch', text: '{}', plain: false }],
    ['subscribe ch', { verb: 'subscribe', address: 'ch' }],
    [
      'subscribe  ch[filter(a > 1); transform(b, a + 1)] ',
      { verb: 'subscribe', address: 'ch[filter(a > 1); transform(b, a + 1)]' },
    ],
    ['subscribe ch:secret', { verb: 'subscribe', address: 'ch:secret' }],
    ['unsubscribe ch', { verb: 'unsubscribe', address: 'ch' }],
    ['channels', { verb: 'channels', channel: '' }],
    ['channels ch x', { verb: 'channels', channel: 'ch' }],
    ['clients', { verb: 'clients' }],
    ['ping', { verb: 'ping' }],
    ['quit', { verb: 'quit' }],
  ])('%j is a command', (line, command) => {
    expect(parseLine(line)).toEqual(command);
  });

  it.each([
    '.',
    '',
    ' ',
    'hello',
    'sendraw',
    'sendraw ch',
    'sendraw  ch x',
    'send',
    'subscribe',
    'subscribed',
    'pings',
    'Quit',
    'channelsX',
  ])('%j only shows that the client is there', (line) => {
    expect(parseLine(line)).toEqual({ verb: 'pong' });
  });

  it('is always some command', () => {
    fc.assert(
      fc.property(fc.constantFrom('', 'send', 'sendraw ', 'subscribe ', 'channels '), fc.string(), (verb, rest) => {
        expect(parseLine(verb + rest).verb).toMatch(/^(send|(un)?subscribe|channels|clients|ping|quit|pong)$/);
        expect(parseFrame(verb + rest).verb).toMatch(/^(send|(un)?subscribe|pong)$/);
      }),
    );
  });

  it('from Pure Data has apostrophes for commas and semicolons at its end', () => {
    expect(fromPureData('sendraw ch {"a":1\'"b":2};')).toBe('sendraw ch {"a":1,"b":2}');
  });
});

describe('a frame', () => {
  it.each([
    ['sendjson ch {"a":1}', { verb: 'send', to: 'ch', text: '{"a":1}', plain: false }],
    ['subscribe ch', { verb: 'subscribe', address: 'ch' }],
    ['unsubscribe ch', { verb: 'unsubscribe', address: 'ch' }],
    ['.', { verb: 'pong' }],
    ['sendraw ch hello', { verb: 'pong' }],
    ['quit', { verb: 'pong' }],
    ['clients', { verb: 'pong' }],
  ])('%j is a command', (frame, command) => {
    expect(parseFrame(frame)).toEqual(command);
  });
});
