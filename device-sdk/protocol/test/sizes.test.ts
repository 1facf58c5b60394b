import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHUNK_OVERHEAD_BYTES, encodeFrame, encodeSlip, type FrameInit } from '../src/index.ts';

/** A row of the table in SPEC.md, section 15: bytes of the content, and bytes on the wire. */
function stated(how: string): [number, number] {
  const text = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8');
  const row = text.split('\n').find((line) => line.startsWith(`| ${how}`));
  const [, , content, wire] = (row ?? '').split('|').map((cell) => Number.parseInt(cell, 10));
  return [content ?? Number.NaN, wire ?? Number.NaN];
}

function serial(frame: FrameInit): [number, number] {
  const bytes = encodeFrame(frame);
  return [bytes.length, encodeSlip(bytes).length];
}

const READING = { temperature: 21.5, humidity: 43 };
const SHORT = new Map([
  [0, 21.5],
  [1, 43],
]);

/** JSON as Python's json.dumps writes it. */
const PYTHON_READING = '{"temperature": 21.5, "humidity": 43}';

describe('a reading of two numbers to a channel', () => {
  it('takes at most 16 bytes on a serial line, framing included', () => {
    const size = serial({ type: 'message', to: 1, value: SHORT });
    expect(size).toEqual(stated('frame, alias and dictionary'));
    expect(size[1]).toBeLessThanOrEqual(16);
  });

  it('takes at most 13 bytes there by an alias with a shape', () => {
    const size = serial({ type: 'message', to: 1, value: [21.5, 43] });
    expect(size).toEqual(stated('frame, alias with a shape'));
    expect(size[1]).toBeLessThanOrEqual(13);
  });

  it('takes at most 18 bytes there with the least friendly checksum', () => {
    const sizes = Array.from({ length: 4_096 }, (_, humidity) => {
      const value = new Map([
        [0, 21.5],
        [1, humidity % 256],
      ]);
      return serial({ type: 'message', to: Math.floor(humidity / 256), value })[1];
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(18);
  });

  it('takes what the specification states for frames that are sequenced or by name', () => {
    expect(serial({ type: 'sequenced', seq: 57, frame: { type: 'message', to: 1, value: SHORT } })).toEqual(
      stated('the same at least once'),
    );
    expect(serial({ type: 'message', to: 'lab/room1', value: READING })).toEqual(stated('frame, channel and keys'));
  });

  it('takes what the specification states in the other protocols', () => {
    const line = JSON.stringify({ to: 'lab/room1', ...READING });
    expect([line.length, line.length + 2]).toEqual(stated('line of JSON'));

    const payload = JSON.stringify(READING).length;
    const fixedHeader = 2;
    const topic = 2 + 'lab/room1'.length;
    expect([payload, fixedHeader + topic + payload]).toEqual(stated('MQTT'));

    const oocsi = `sendraw lab/room1 ${PYTHON_READING}`;
    expect([oocsi.length, oocsi.length + 1]).toEqual(stated('OOCSI'));

    const crosscomm =
      '{"msg_id": "uno-1_1767225600000_1a2b3c4d", "from_client_id": "uno-1", "to_client_id": "lab/room1", ' +
      `"msg_type": "dict", "content": ${PYTHON_READING}, "timestamp": 1767225600.123456, "oss_key": null}`;
    const webSocketHeader = 2 + 2 + 4;
    expect([crosscomm.length, crosscomm.length + webSocketHeader]).toEqual(stated('CrossComm JSON'));
  });
});

describe('a chunk of a file', () => {
  it('takes what the specification states', () => {
    const chunk = (length: number) =>
      serial({ type: 'chunk', fileId: 0, offset: 4096, content: new Uint8Array(length) });
    expect(chunk(64)).toEqual(stated('chunk with 64 bytes'));
    expect(chunk(128)).toEqual(stated('chunk with 128 bytes'));
    expect(serial({ type: 'want', fileId: 0, offset: 4096, bytes: 32_768 })).toEqual(stated('Want that acknowledges'));
  });

  it('is longer than its content by no more than the specification states', () => {
    const overhead = (fileId: number, offset: number, length: number) =>
      encodeFrame({ type: 'chunk', fileId, offset, content: new Uint8Array(length) }, { maxBytes: 100_000 }).length -
      length;
    expect(overhead(0, 64, 16)).toBe(6);
    expect(overhead(65_535, 2 ** 32 - 1, 70_000)).toBe(CHUNK_OVERHEAD_BYTES);
    const text = readFileSync(new URL('../SPEC.md', import.meta.url), 'utf8');
    expect(text).toContain(`is at most ${CHUNK_OVERHEAD_BYTES} bytes longer than its content`);
  });
});
