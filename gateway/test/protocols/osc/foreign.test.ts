import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { oscsend } from '@crosscomm/testing/osc-tools';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodePacket } from '../../../src/protocols/osc/read-codec.ts';
import { readArguments } from '../../../src/protocols/osc/values-codec.ts';
import { encodeMessage } from '../../../src/protocols/osc/write-codec.ts';

// The codec beside those of others: what they write is read, and written again byte for byte.

let python: Program;
let socket: Socket;

beforeAll(async () => {
  python = startPython('python-osc', 'osc_agent.py');
  socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
});
afterAll(async () => {
  socket.close();
  await python.stop();
});

/** Reads a packet of one message, and expects the same bytes when it is written again; what it says, as JSON. */
function readAndWrite(packet: Buffer): string {
  const [message] = decodePacket(packet);
  if (message === undefined) return expect.unreachable();
  expect(encodeMessage(message.address, message.args)).toEqual(packet);
  const { body } = readArguments(message.args);
  return `${message.address} ${typeof body === 'string' ? body : Buffer.from(body).toString('hex')}`;
}

test.each<[string, unknown[][], string]>([
  ['/no/arguments', [], '/no/arguments []'],
  [
    '/numbers',
    [
      ['i', -7],
      ['h', 2 ** 40],
      ['f', 0.1],
      ['d', 0.1],
    ],
    '/numbers [-7,1099511627776,0.1,0.1]',
  ],
  [
    '/texts/grüße',
    [
      ['s', ''],
      ['s', 'abc'],
      ['s', 'abcd'],
      ['s', 'ä'],
    ],
    '/texts/grüße ["","abc","abcd","ä"]',
  ],
  ['/blob', [['b', '0102030405']], '/blob 0102030405'],
  [
    '/words',
    [
      ['T', true],
      ['F', false],
      ['N', null],
    ],
    '/words [true,false,null]',
  ],
  [
    '/midi',
    [
      ['m', [0, 0x90, 60, 127]],
      ['r', 0xff8000ff],
    ],
    '/midi [[0,144,60,127],"#ff8000ff"]',
  ],
  [
    '/array',
    [
      [
        ['i', ['s', 'f']],
        [1, ['x', 0.5]],
      ],
    ],
    '/array [1,["x",0.5]]',
  ],
])('what python-osc writes to %s', async (address, args, text) => {
  python.command({ do: 'encode', address, args });
  const { packet } = await python.take('encoded');
  expect(readAndWrite(Buffer.from(String(packet), 'hex'))).toBe(text);
});

test('what liblo writes', async () => {
  const arrived = once(socket, 'message');
  const values = ['1', '9007199254740993', '0.5', '0.1', 'text', 'sym', 'x', '00903c7f'];
  await oscsend(socket.address().port, '/all', 'ihfdsScmTFNI', ...values);
  const [packet] = (await arrived) as [Buffer];
  expect(readAndWrite(packet)).toBe(
    '/all [1,9007199254740993,0.5,0.1,"text","sym","x",[0,144,60,127],true,false,null,true]',
  );
});
