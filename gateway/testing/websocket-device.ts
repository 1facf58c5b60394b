import { once } from 'node:events';
import { decodeFrame, encodeFrame, type Frame, type FrameInit } from '@crosscomm/protocol';
import { WebSocket } from 'ws';

/** A device on a real WebSocket: it says what the test says, and remembers what it hears. */
export class WebSocketDevice {
  readonly socket: WebSocket;
  readonly #heard: Frame[] = [];

  private constructor(port: number) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#heard.push(decodeFrame(data));
    });
    this.socket.on('error', () => {});
  }

  static async connect(port: number): Promise<WebSocketDevice> {
    const device = new WebSocketDevice(port);
    await once(device.socket, 'open');
    return device;
  }

  say(...frames: FrameInit[]): void {
    for (const frame of frames) this.socket.send(encodeFrame(frame));
  }

  /** The first frame of this type that nobody took yet. */
  async take<T extends Frame['type']>(type: T): Promise<Extract<Frame, { type: T }>> {
    for (;;) {
      const at = this.#heard.findIndex((frame) => frame.type === type);
      if (at >= 0) return this.#heard.splice(at, 1)[0] as Extract<Frame, { type: T }>;
      await once(this.socket, 'message');
    }
  }
}
