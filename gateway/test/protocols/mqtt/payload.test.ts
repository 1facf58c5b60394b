import { describe, expect, it } from 'vitest';
import { mqttPayload, readPayload } from '../../../src/protocols/mqtt/payload.ts';
import { message } from '../../mqtt-engine/support.ts';

describe('an MQTT payload', () => {
  it.each([
    ['{"a": 1.0}', 'dict'],
    [' \t\r\n{"a":{"b":[9007199254740993]}} ', 'dict'],
    ['{"a":', 'text'],
    ['{"a":1} x', 'text'],
    ['[1,2]', 'text'],
    ['21.5', 'text'],
    ['', 'text'],
    ['größer', 'text'],
  ])('%j is a %s, as it came', (text, kind) => {
    expect(readPayload(Buffer.from(text))).toEqual({ kind, body: text });
  });

  it('is bytes where it is not valid UTF-8', () => {
    const bytes = Buffer.from([0x7b, 0xff, 0xfe]);
    expect(readPayload(bytes)).toEqual({ kind: 'bytes', body: bytes });
  });

  it('is text where the object is nested too deep to be read', () => {
    const deep = `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`;
    expect(readPayload(Buffer.from(deep)).kind).toBe('text');
  });

  it.each([
    [{ kind: 'text', body: 'größer' }, 'größer'],
    [{ kind: 'dict', body: '{"a":1.0}' }, '{"a":1.0}'],
    [{ kind: 'json', body: '[NaN, "NaN", -Infinity, 1.0]' }, '[null, "NaN", null, 1.0]'],
    [{ kind: 'json', body: 'NaN "' }, 'NaN "'],
    [
      { kind: 'file', body: 'a "b".txt', objectKey: 'k/1' },
      '{"file":"a \\"b\\".txt","fileName":"a _b_.txt","kind":"file","object_key":"k/1"}',
    ],
    [{ kind: 'image', body: 'a.png' }, '{"file":"a.png","fileName":"a.png","kind":"image"}'],
  ] as const)('carries %o', (init, text) => {
    expect(mqttPayload.of(message(init)).toString()).toBe(text);
  });

  it('carries bytes as they are, and only those of the view', () => {
    const body = new Uint8Array([1, 2, 3, 4]).subarray(1, 3);
    expect([...mqttPayload.of(message({ kind: 'bytes', body }))]).toEqual([2, 3]);
  });
});
