import { describe, expect, test } from 'vitest';
import { Message, type MessageInit } from '../../../src/hub/message.ts';
import { buildUuid, crosscommFrame, formatSeconds, toMessage } from '../../../src/protocols/crosscomm/codec.ts';
import { type Envelope, readEnvelope } from '../../../src/protocols/crosscomm/envelope-codec.ts';
import { frame } from './frames.ts';

const NOW_MS = 1_800_000_000_000;

function decode(text: string, from = 'ann'): Message {
  const message = toMessage(text, readEnvelope(text) as Envelope, from, NOW_MS);
  if (!message) throw new Error('not one of the seven kinds');
  return message;
}

/** The text of the WebSocket frame that a message is sent as. */
function sent(message: Message): string {
  const bytes = crosscommFrame.of(message);
  const code = bytes[1] as number;
  return bytes.toString('utf8', code < 126 ? 2 : code === 126 ? 4 : 10);
}

const init: MessageInit = { from: 'dev', to: 'ann', kind: 'text', body: 'hi', timestampMs: 1_700_000_000_000 };

describe('a frame that came in', () => {
  test.each([
    ['text', '"gr\\u00fc\\u00df"', 'text', 'grüß'],
    ['json', '"{\\"a\\": 1.0}"', 'json', '{"a": 1.0}'],
    ['dict', '{"a": 1.0, "b": NaN}', 'dict', '{"a": 1.0, "b": NaN}'],
    ['bytes', '"AAEC/w=="', 'bytes', Buffer.from([0, 1, 2, 255])],
  ])('of type %s is a message', (type, content, kind, body) => {
    expect(decode(frame({ msg_type: type }, { content }))).toMatchObject({
      from: 'ann',
      to: 'ben',
      kind,
      body,
      id: 'ann_1700000000000_0a1b2c3d',
      timestampMs: 1_700_000_000_123,
    });
  });

  test.each(['file', 'image', 'folder'])('of type %s carries the name and the object key', (type) => {
    const message = decode(frame({ msg_type: type, content: '/home/ann/x.png', oss_key: 'cross_comm/ann/1_a.png' }));
    expect(message).toMatchObject({ kind: type, body: '/home/ann/x.png', objectKey: 'cross_comm/ann/1_a.png' });
  });

  test.each([
    ['text', '5', 'json', '5'],
    ['dict', '[1, 2]', 'json', '[1, 2]'],
    ['json', '"not {json"', 'text', 'not {json'],
    ['json', '{"a": 1}', 'json', '{"a": 1}'],
    ['bytes', '"not base64!"', 'text', 'not base64!'],
    ['bytes', '[1]', 'json', '[1]'],
    ['file', 'null', 'json', 'null'],
  ])('of type %s with the content %s is the nearest kind, %s', (type, content, kind, body) => {
    expect(decode(frame({ msg_type: type }, { content }))).toMatchObject({ kind, body });
  });

  test.each(['text', 'dict', 'bytes', 'file'])('of type %s goes out as the text that it was', (type) => {
    const text = frame({ msg_type: type, msg_id: 7 }, { content: '{"big": 12345678901234567890123, "n": NaN}' });
    expect(sent(decode(text))).toBe(text);
  });

  test('with another sender goes out with the right one', () => {
    const text = frame({ from_client_id: 'forged' }, { content: '{"n": NaN}', timestamp: '1.0' });
    expect(readEnvelope(sent(decode(text)))).toEqual({ ...(readEnvelope(text) as Envelope), from: 'ann' });
  });

  test.each(['null', 'NaN', 'Infinity', '"1700000000"', '-5.0', '1e300', '{}'])(
    'with the timestamp %s has the time of now or one that dates can hold',
    (timestamp) => {
      const { timestampMs } = decode(frame({}, { timestamp }));
      expect(timestampMs).toBe(NOW_MS);
    },
  );

  test.each(['heartbeats', 'login_response', ''])('of the unknown type %j is no message', (type) => {
    const text = frame({ msg_type: type });
    expect(toMessage(text, readEnvelope(text) as Envelope, 'ann', NOW_MS)).toBeUndefined();
  });
});

describe('a message of another protocol', () => {
  test('names its own sender, recipient and time, whatever message was written before it', () => {
    for (const from of ['a', 'b"', 'a']) {
      for (const to of ['x', 'y\\', 'x']) {
        for (const timestampMs of [1000, 1000, 2000]) {
          const written = JSON.parse(sent(new Message({ ...init, from, to, timestampMs })));
          expect(written).toMatchObject({ from_client_id: from, to_client_id: to, timestamp: timestampMs / 1000 });
          expect(written.msg_id).toMatch(new RegExp(`^${from}_${timestampMs}_[0-9a-f]{8}$`));
        }
      }
    }
  });

  test('goes out with the seven keys in their order', () => {
    expect(sent(new Message(init))).toMatch(
      /^\{"msg_id": "dev_1700000000000_[0-9a-f]{8}", "from_client_id": "dev", "to_client_id": "ann", "msg_type": "text", "content": "hi", "timestamp": 1700000000\.000, "oss_key": null\}$/,
    );
  });

  test.each([
    ['json', '[1, NaN]', '[1, NaN]'],
    ['bytes', Uint8Array.of(0, 1, 2, 255), 'AAEC/w=='],
    ['text', 'grüß "dich"\n', 'grüß "dich"\n'],
    ['file', 'x.png', 'x.png'],
  ] as const)('of kind %s has its content as a string', (kind, body, content) => {
    expect(JSON.parse(sent(new Message({ ...init, kind, body })))).toMatchObject({ msg_type: kind, content });
  });

  test('of kind dict has the object as it came in', () => {
    const text = sent(new Message({ ...init, kind: 'dict', body: '{"big":12345678901234567890123,"f":1.0}' }));
    expect(text).toContain('"content": {"big":12345678901234567890123,"f":1.0}, ');
  });

  test('carries its object key and its own id', () => {
    const text = sent(new Message({ ...init, kind: 'image', body: 'x.png', objectKey: 'k/1.png', id: 'mine' }));
    expect(JSON.parse(text)).toMatchObject({ oss_key: 'k/1.png', msg_id: 'mine' });
  });

  test('has an id that no other has, also within one millisecond', () => {
    const ids = Array.from({ length: 1000 }, () => JSON.parse(sent(new Message(init))).msg_id as string);
    expect(new Set(ids).size).toBe(1000);
  });

  test('is encoded once for all recipients', () => {
    const message = new Message(init);
    expect(crosscommFrame.of(message)).toBe(crosscommFrame.of(message));
  });

  test('survives being kept and built again', () => {
    const text = frame({ msg_type: 'dict' }, { content: '{"a": 1.0}' });
    expect(readEnvelope(sent(new Message(decode(text).toInit())))).toEqual(readEnvelope(text));
  });
});

test('seconds always have a decimal point', () => {
  expect([1_700_000_000_000, 1_700_000_000_123, 5].map(formatSeconds)).toEqual([
    '1700000000.000',
    '1700000000.123',
    '0.005',
  ]);
});

test('a UUID is one of version 4', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(buildUuid(() => 0.999)).toMatch(uuid);
  expect(buildUuid(() => 0)).toMatch(uuid);
});
