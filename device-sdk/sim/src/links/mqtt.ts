import { connect, type Socket } from 'node:net';
import { generate, type Packet, parser } from 'mqtt-packet';
import { type Connection, type ConnectionHandler, MAX_BUFFERED_BYTES, type Transport } from '../link.ts';

export interface MqttAddress {
  host: string;
  port: number;
  username?: string | undefined;
  password?: string | undefined;
}

const KEEP_ALIVE_S = 60;
const HANDSHAKE_MS = 5000;

/** Frames as payloads of `$frames/<id>/up` and `/down`, QoS 0 (SPEC.md, section 12), by MQTT 3.1.1 over TCP. */
export class MqttTransport implements Transport {
  readonly address: string;
  readonly #to: MqttAddress;

  constructor(to: MqttAddress) {
    this.#to = to;
    this.address = `mqtt://${to.host}:${to.port}`;
  }

  connect(deviceId: string, handler: ConnectionHandler, secret?: string): Connection {
    const login = secret === undefined ? {} : { username: deviceId, password: secret };
    return new MqttConnection({ ...this.#to, ...login }, deviceId, handler);
  }

  async stop(): Promise<void> {}
}

class MqttConnection implements Connection {
  readonly #socket: Socket;
  readonly #handler: ConnectionHandler;
  readonly #up: string;
  readonly #down: string;
  readonly #timers: NodeJS.Timeout[];
  #isOpen = false;
  #failure: string | undefined;
  #isRefused = false;

  constructor({ host, port, username, password }: MqttAddress, deviceId: string, handler: ConnectionHandler) {
    const topic = `$frames/${deviceId.replace(/[%/+#]/g, encodeURIComponent)}`;
    this.#up = `${topic}/up`;
    this.#down = `${topic}/down`;
    this.#handler = handler;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    const credentials = username === undefined ? {} : { username, password: Buffer.from(password ?? '') };
    socket.on('connect', () =>
      this.#write({ cmd: 'connect', clientId: deviceId, clean: true, keepalive: KEEP_ALIVE_S, ...credentials }),
    );
    const packets = parser({ protocolVersion: 4 });
    packets.on('packet', (packet: Packet) => this.#receive(packet));
    packets.on('error', (error: Error) => this.#fail(error.message));
    socket.on('data', (chunk) => packets.parse(chunk));
    socket.on('drain', () => handler.drain());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure ??= error.code === 'ECONNREFUSED' ? 'nothing listens there' : error.message;
    });
    this.#timers = [
      setTimeout(() => this.#isOpen || this.#fail('it does not answer in MQTT'), HANDSHAKE_MS),
      setInterval(() => this.#isOpen && this.#write({ cmd: 'pingreq' }), (KEEP_ALIVE_S / 2) * 1000),
    ];
    socket.on('close', () => {
      for (const timer of this.#timers) clearTimeout(timer);
      handler.closed(this.#failure ?? 'the connection was closed', this.#isRefused);
    });
  }

  send(frame: Uint8Array): boolean {
    if (!this.#isOpen || this.#socket.writableLength >= MAX_BUFFERED_BYTES) return false;
    const payload = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
    this.#write({ cmd: 'publish', topic: this.#up, payload, qos: 0, dup: false, retain: false });
    return true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  #receive(packet: Packet): void {
    if (packet.cmd === 'connack') {
      this.#isRefused = packet.returnCode !== 0;
      if (packet.returnCode !== 0) this.#fail(`it refuses with MQTT's return code ${packet.returnCode}`);
      else this.#write({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: this.#down, qos: 0 }] });
    } else if (packet.cmd === 'suback') {
      this.#isOpen = true;
      this.#handler.open();
    } else if (packet.cmd === 'publish' && packet.topic === this.#down) this.#handler.frame(packet.payload as Buffer);
  }

  #write(packet: Packet): void {
    this.#socket.write(generate(packet));
  }

  #fail(reason: string): void {
    this.#failure ??= reason;
    this.close();
  }
}
