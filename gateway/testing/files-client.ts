import {
  type FetchAnswer,
  type FetchOptions,
  type FileOutcome,
  type FileToSend,
  FrameClient,
  type OfferedFile,
} from '@crosscomm/protocol';
import type { Connection, Transport } from '@crosscomm/sim';
import { systemClock } from '../src/common/clock.ts';

/** A device that sends and gets files by a real connection, and makes a new one where it is lost. */
export class FilesClient {
  readonly client: FrameClient;
  readonly #transport: Transport;
  readonly #id: string;
  readonly #offered: OfferedFile[] = [];
  #tell: () => void = () => {};
  #connection: Connection | undefined;
  #isStopped = false;
  /** How often it connected. */
  connections = 0;

  /** `bootId`: as the device has it since its last reset. */
  constructor(transport: Transport, id: string, bootId: number, chunkBytes = 512) {
    this.#transport = transport;
    this.#id = id;
    this.client = new FrameClient(
      { deviceId: id, clock: systemClock, random: Math.random, bootId, fileChunkBytes: chunkBytes },
      {
        file: (file) => {
          this.#offered.push(file);
          this.#tell();
        },
      },
    );
    this.#connect();
  }

  /** Sends a file, to its end. */
  send(bytes: Uint8Array, file: Partial<FileToSend> = {}): Promise<FileOutcome> {
    const read = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
    const whole = { name: 'a.bin', size: bytes.length, read, ...file };
    return new Promise((resolve) => void this.client.sendFile(whole, resolve));
  }

  /** The next file that is offered. */
  async offered(): Promise<OfferedFile> {
    for (;;) {
      const file = this.#offered.shift();
      if (file) return file;
      await new Promise<void>((resolve) => {
        this.#tell = resolve;
      });
    }
  }

  /** An offered file as another image. */
  fetch(file: OfferedFile, options: Partial<FetchOptions>): Promise<FetchAnswer> {
    return new Promise((resolve) => file.fetch(options, resolve));
  }

  /** All of an offered file. */
  async pull(file: OfferedFile): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    const { code } = await new Promise<FileOutcome>((resolve) => {
      file.pull((piece) => void pieces.push(piece), resolve);
    });
    if (code !== 0) throw new Error(`the file was not pulled: code ${code}`);
    return Buffer.concat(pieces);
  }

  /** The device is switched off. */
  stop(): void {
    this.#isStopped = true;
    this.client.stop();
    this.#connection?.close();
  }

  /** The connection breaks. */
  cut(): void {
    this.#connection?.close();
  }

  #connect(): void {
    this.connections++;
    const connection = this.#transport.connect(this.#id, {
      open: () => {
        this.client.linkUp({ send: (frame) => connection.send(frame), close: () => this.#lost(connection) });
      },
      frame: (bytes) => {
        if (connection === this.#connection) this.client.receive(bytes);
      },
      drain: () => this.client.pump(),
      closed: () => this.#lost(connection),
    });
    this.#connection = connection;
  }

  #lost(connection: Connection): void {
    if (connection !== this.#connection) return;
    this.#connection = undefined;
    this.client.linkDown();
    connection.close();
    if (this.#isStopped) return;
    systemClock.after(Math.max(50, this.client.helloDelayMs), () => {
      if (!this.#isStopped) this.#connect();
    });
  }
}
