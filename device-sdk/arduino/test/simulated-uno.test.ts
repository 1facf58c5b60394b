import { once } from 'node:events';
import { join } from 'node:path';
import {
  decodeFrame,
  encodeFrame,
  encodeSlip,
  Float,
  type Frame,
  type FrameInit,
  SlipDecoder,
} from '@crosscomm/protocol';
import { SerialPort } from 'serialport';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type AvrBoard, startBoard } from '../../../hil-tests/support/avr-board.ts';
import { buildSimulator, buildSketch } from '../../../hil-tests/support/avr-build.ts';
import { EventTrail } from '../../../hil-tests/support/event-trail.ts';
import { LIMITS as PATIENCE } from '../../../hil-tests/support/settings.ts';

const LIMITS = { maxFrame: 1024, window: 1024, maxAliases: 64, maxKeys: 128 };

const EVERYTHING = join(import.meta.dirname, '../extras/avr/everything');

vi.setConfig({ testTimeout: PATIENCE.test });

/** What a first run compiles, while others compile, too. */
beforeAll(async () => {
  await buildSimulator();
  for (const sketch of ['uno-frames', EVERYTHING]) await buildSketch(sketch, 'uno');
}, PATIENCE.setUp);

let board: AvrBoard;
let port: SerialPort;
let frames: EventTrail<Frame>;
let acknowledging: boolean;

async function plugIn(sketch: string): Promise<void> {
  board = await startBoard({ sketch });
  frames = new EventTrail();
  acknowledging = false;
  const decoder = new SlipDecoder(1024, {
    frame: (bytes) => take(decodeFrame(bytes)),
    text: () => {},
    fault: () => {},
  });
  port = new SerialPort({ path: board.path, baudRate: 115_200 });
  port.on('data', (chunk: Buffer) => decoder.push(chunk));
  await once(port, 'open');
}

afterEach(async () => {
  const closed = once(port, 'close');
  port.close();
  await closed;
  await board.unplug();
});

function take(frame: Frame): void {
  if (acknowledging && frame.type === 'sequenced') send({ type: 'ack', seq: frame.seq });
  frames.push(frame);
}

const send = (frame: FrameInit): void => void port.write(encodeSlip(encodeFrame(frame)));
const next = <T extends Frame['type']>(type: T) =>
  frames.waitFor((frame): boolean => frame.type === type) as Promise<Extract<Frame, { type: T }>>;

async function welcome(session: number): Promise<void> {
  await next('hello');
  send({ type: 'welcome', version: 1, session, lastSeq: 0, serverTime: 0, timeTrusted: false, limits: LIMITS });
  for (const alias of [0, 1]) {
    await next('alias');
    send({ type: 'alias', alias });
  }
}

/** Readings may come before the channel's number was confirmed; they have its name. */
const readingByNumber = () => frames.waitFor((frame) => frame.type === 'message' && frame.to === 1);

it('a real Uno image says Hello, declares its channels, sends readings and switches its lamp', async () => {
  await plugIn('uno-frames');
  board.setAdc(0, 750);
  await welcome(9);
  await readingByNumber();
  send({ type: 'sequenced', seq: 1, frame: { type: 'message', to: 0, value: true, from: 'web-1' } });
  await board.waitForPin('LED', 1);
  expect(await next('ack')).toMatchObject({ seq: 1 });
  send({ type: 'sequenced', seq: 2, frame: { type: 'message', to: 'lamp', value: 'off', from: 'web-1' } });
  await board.waitForPin('LED', 0);
});

it('a real Uno image comes back after its session was lost, and subscribes again', async () => {
  await plugIn('uno-frames');
  await welcome(9);
  await readingByNumber();
  send({ type: 'error', code: 8 });
  await welcome(10);
  await readingByNumber();
});

it('a real Uno image delivers with its dictionary, repeats what is not acknowledged, and answers calls', async () => {
  await plugIn(EVERYTHING);
  board.setAdc(0, 1000);
  await welcome(9);
  const dictionary = await next('dictionary');
  expect(dictionary.keys).toEqual(['temperature', 'humidity']);
  send({ type: 'dictionary', first: 2 });
  const first = await next('sequenced');
  expect(first).toMatchObject({ seq: 1, frame: { type: 'message' } });
  expect(await next('sequenced')).toMatchObject({ seq: 2, frame: { type: 'call', to: 'clock' } });
  expect(await next('sequenced'), 'the same again, byte for byte').toEqual(first);
  acknowledging = true;
  send({ type: 'ack', seq: 2 });
  const args = new Map([['celsius', 20]]);
  const call: FrameInit = { type: 'call', callId: 5, to: null, function: 'toFahrenheit', args, from: 'py' };
  send({ type: 'sequenced', seq: 1, frame: call });
  const isReply = (frame: Frame) => frame.type === 'sequenced' && frame.frame?.type === 'reply';
  const reply = await frames.waitFor(isReply);
  expect(reply).toMatchObject({ frame: { callId: 5, code: 0, value: new Map([['fahrenheit', new Float(68)]]) } });
});
