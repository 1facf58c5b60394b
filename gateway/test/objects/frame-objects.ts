import { crc32 } from 'node:zlib';
import { CAPABILITIES, type Frame } from '@crosscomm/protocol';
import { FrameDevice } from '@crosscomm/testing/frame-device';
import { expect } from 'vitest';
import { FrameFiles } from '../../src/objects/frame-files.ts';
import type { Objects } from '../../src/objects/objects.ts';
import { FrameDevices } from '../../src/protocols/frames/devices.ts';
import { DEFAULT_FRAME_OPTIONS } from '../../src/protocols/frames/options.ts';
import { QueueBudget } from '../../src/transports/outbox.ts';
import { buildObjects, type HouseOptions, Recipient } from './objects-house.ts';

export const CHUNK = 200;

/** A device that waits for what it is told. */
export class Sender extends FrameDevice {
  #tell: () => void = () => {};

  override write(frame: Uint8Array): boolean {
    const isTaken = super.write(frame);
    this.#tell();
    return isTaken;
  }

  /** The next frames of these types, and forgets what came before. */
  async next(...types: Frame['type'][]): Promise<Frame> {
    for (;;) {
      const heard = this.take();
      const found = heard.map((frame) => (frame.type === 'sequenced' && frame.frame ? frame.frame : frame));
      const frame = found.find(({ type }) => types.includes(type as Frame['type']));
      if (frame) return frame;
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    }
  }

  /** Sends what is wanted, up to so many bytes; then the last thing that it heard. */
  async send(fileId: number, bytes: Uint8Array, until = bytes.length): Promise<Frame> {
    for (;;) {
      const want = await this.next('want', 'cancel', 'done');
      if (want.type !== 'want' || (want.offset >= until && until < bytes.length)) return want;
      const content = bytes.subarray(want.offset, want.offset + CHUNK);
      this.say(
        content.length > 0
          ? { type: 'chunk', fileId, offset: want.offset, content }
          : { type: 'done', fileId, size: bytes.length, crc32: crc32(bytes) },
      );
    }
  }

  /** Pulls all of an offered file. */
  async pull(offer: Frame): Promise<Buffer> {
    if (offer.type !== 'offer') throw new Error(`no offer but ${offer.type}`);
    let bytes = Buffer.alloc(0);
    while (bytes.length < (offer.size ?? 0)) {
      this.say({ type: 'want', fileId: offer.fileId, offset: bytes.length, bytes: CHUNK });
      const chunk = await this.next('chunk', 'cancel');
      if (chunk.type !== 'chunk') throw new Error(`no chunk but ${JSON.stringify(chunk)}`);
      bytes = Buffer.concat([bytes, chunk.content]);
    }
    expect(crc32(bytes)).toBe(offer.crc32);
    return bytes;
  }
}

/** A gateway's objects, with devices. */
export async function buildFrameObjects(options: HouseOptions = {}) {
  const house = await buildObjects(options);
  const start = (objects: Objects) => {
    const frameOptions = {
      ...DEFAULT_FRAME_OPTIONS,
      budget: new QueueBudget(2 ** 30),
      handshakeTimeoutMs: 10_000,
      files: new FrameFiles(objects),
    };
    return new FrameDevices(house, frameOptions);
  };
  const connect = (devices: FrameDevices, hello: { bootId?: number } = {}): Sender => {
    const device = new Sender(devices);
    device.greet({ maxFrame: CHUNK + 15, capabilities: CAPABILITIES.files, ...hello });
    return device;
  };
  const devices = start(house.objects);
  const recipient = new Recipient('web-1');
  house.hub.join(recipient);
  return { ...house, house, start, connect, devices, device: connect(devices), recipient };
}
