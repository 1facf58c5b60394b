import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { EventQueue } from './json-lines.ts';

/** The least OOCSI client over TCP, of the JSON type; answers pings. */
export class OocsiClient {
  readonly socket: Socket;
  readonly handle: string;
  readonly #lines: EventQueue;
  #settled = 0;

  private constructor(socket: Socket, handle: string) {
    this.socket = socket;
    this.handle = handle;
    this.#lines = new EventQueue(`OOCSI client ${handle}`);
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      if (line === 'ping') this.send('.');
      else this.#lines.push({ event: 'line', line });
    });
    // An interface passes its socket's errors on; a gateway that is killed resets its connections.
    lines.on('error', () => {});
    socket.on('error', () => {});
    socket.on('close', () => this.#lines.end('the connection was closed'));
  }

  /** Connects and waits for the welcome; rejects where the gateway refuses. */
  static async connect(port: number, handle: string, localAddress?: string): Promise<OocsiClient> {
    const client = await OocsiClient.open(port, handle, localAddress);
    const greeting = await client.takeLine(() => true);
    if (!greeting.includes('welcome')) throw new Error(`refused: ${greeting}`);
    return client;
  }

  /** Connects from `localAddress` and says its name, without waiting for an answer. */
  static async open(port: number, handle: string, localAddress = '127.0.0.1'): Promise<OocsiClient> {
    const socket = createConnection({ host: '127.0.0.1', port, localAddress, noDelay: true });
    const client = new OocsiClient(socket, handle);
    await once(socket, 'connect');
    client.send(`${handle}(JSON)`);
    return client;
  }

  send(line: string): void {
    this.socket.write(`${line}\n`);
  }

  /** The first line that matches and nobody took yet. */
  async takeLine(matches: (line: string) => boolean, timeoutMs?: number): Promise<string> {
    const { line } = await this.#lines.take('line', (event) => matches(String(event.line)), timeoutMs);
    return String(line);
  }

  /** The first message to `recipient` that nobody took yet. */
  async take(recipient: string, timeoutMs?: number): Promise<Record<string, unknown>> {
    const line = await this.takeLine((text) => text.includes(`"recipient":${JSON.stringify(recipient)}`), timeoutMs);
    return JSON.parse(line) as Record<string, unknown>;
  }

  /** Waits until the gateway has carried out everything sent before. */
  async settle(): Promise<void> {
    const settled = ++this.#settled;
    this.send(`sendraw ${this.handle} {"settled":${settled}}`);
    await this.takeLine((line) => line.includes(`"settled":${settled}`));
  }

  /** Lines that nobody took yet. */
  get kept(): string[] {
    return this.#lines.kept.map((event) => String(event.line));
  }

  close(): void {
    this.socket.destroy();
  }
}
