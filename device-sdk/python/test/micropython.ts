import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSlip, SlipDecoder } from '@crosscomm/protocol';
import { EventQueue } from '@crosscomm/testing/json-lines';
import { loadMicroPython } from '@micropython/micropython-webassembly-pyscript';
import { WebSocket } from 'ws';
import { FOLDER, LIMIT_MS } from './support.ts';

const POLL_MS = 5;

/** What of the package each board has, and the line that it speaks on: text both ways, as bytes have no short form between two languages. */
const BOARD = `
import sys
sys.path.append('/lib')
import json
import pipe
from binascii import hexlify, unhexlify

class Uart:
    def read(self):
        return unhexlify(pipe.read()) or None
    def write(self, data):
        pipe.write(hexlify(data).decode())
        return len(data)

def emit(event, **fields):
    fields['event'] = event
    print(json.dumps(fields))
`;

/** Real MicroPython, with 32-bit pointers as on a board; its UART is joined to a gateway. */
export class MicroPythonBoard {
  readonly events = new EventQueue('MicroPython');
  readonly #python: Awaited<ReturnType<typeof loadMicroPython>>;
  readonly #socket: WebSocket;
  readonly #timer: NodeJS.Timeout;

  private constructor(python: Awaited<ReturnType<typeof loadMicroPython>>, socket: WebSocket, poll: () => void) {
    this.#python = python;
    this.#socket = socket;
    this.#timer = setInterval(poll, POLL_MS);
  }

  /** `files`: the modules of the package by their names, as sources or compiled; `program`: what runs before the first poll. */
  static async start(port: number, files: ReadonlyMap<string, Uint8Array>, program: string): Promise<MicroPythonBoard> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    let came = '';
    socket.on('message', (frame: Buffer) => {
      came += Buffer.from(encodeSlip(frame)).toString('hex');
    });
    const decoder = new SlipDecoder(65_535, { frame: (bytes) => socket.send(bytes), text: () => {}, fault: () => {} });
    const lines: string[] = [];
    const python = await loadMicroPython({ heapsize: 1 << 20, linebuffer: true, stdout: (line) => lines.push(line) });
    python.registerJsModule('pipe', {
      read: () => {
        const text = came;
        came = '';
        return text;
      },
      write: (text: string) => decoder.push(Buffer.from(text, 'hex')),
    });
    python.FS.mkdir('/lib');
    python.FS.mkdir('/lib/crosscomm');
    for (const [name, content] of files) python.FS.writeFile(`/lib/crosscomm/${name}`, content);
    const board = new MicroPythonBoard(python, socket, () => {
      board.run('client.poll()');
      board.#tell(lines);
    });
    board.run(`${BOARD}\n${program}`);
    return board;
  }

  /** Runs some lines. Who waits for an event is told what they raise. */
  run(lines: string): void {
    try {
      this.#python.runPython(lines);
    } catch (error) {
      // Only what Python says: the stack has a line of a hundred thousand characters.
      this.stop();
      this.events.end(error instanceof Error ? error.message : String(error));
    }
  }

  /** The first event of this name that nobody took yet. */
  take(event: string): Promise<Record<string, unknown>> {
    return this.events.take(event, (candidate) => candidate.event === event, LIMIT_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket.close();
  }

  #tell(lines: string[]): void {
    for (const line of lines.splice(0)) {
      this.events.push(line.startsWith('{') ? JSON.parse(line) : { event: 'line', line });
    }
  }
}

/** The sources of the package. */
export function sources(): Map<string, Uint8Array> {
  const folder = join(FOLDER, 'crosscomm');
  const names = readdirSync(folder).filter((name) => name.endsWith('.py'));
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}
