import { describe, expect, it } from 'vitest';
import { mayBeCall } from '../../src/access/calls.ts';

describe('bytes that may be a call', () => {
  it.each([
    ['{"_MESSAGE_HANDLE":"add","_MESSAGE_ID":"1"}', true],
    ['{"a":{"b":1},"_MESSAGE_HANDLE":"add"}', true],
    ['{"\\u005fMESSAGE_HANDLE":"add"}', true],
    ['{"temperature":21.5}', false],
    ['{"device_id":7,"_MESSAGE":"HANDLE"}', false],
    ['', false],
  ])('are told apart without a text of them: %s', (text, may) => {
    expect(mayBeCall(Buffer.from(text))).toBe(may);
  });
});
