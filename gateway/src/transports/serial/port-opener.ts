import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { SerialPort } from 'serialport';
import type { LineSettings } from './reset.ts';

/** An open serial port. */
export interface OpenPort {
  /** Where to write; it emits `close` and is destroyed when the port is gone. */
  readonly output: Writable;
  /** Closes the port. Resolves when it is closed, also where it was before; never rejects. */
  close(): Promise<void>;
}

export interface OpenPortHandler {
  data(chunk: Buffer): void;
  /** The port is gone: unplugged, failed or closed. Called once. */
  closed(error: Error | undefined): void;
}

export interface OpenPortOptions extends LineSettings {
  path: string;
  baudRate: number;
}

/** Opens serial ports: real ones in the gateway, imitations in tests. Rejects with the system's reason. */
export type PortOpener = (options: OpenPortOptions, handler: OpenPortHandler) => Promise<OpenPort>;

/** Opens a port of this machine, for this process alone. */
export const openSystemPort: PortOpener = ({ path, baudRate, dropOnClose }, handler) => {
  const port = new SerialPort({ path, baudRate, hupcl: dropOnClose, lock: true, autoOpen: false });
  let failure: Error | undefined;
  port.on('error', (error) => {
    failure ??= error;
  });
  return new Promise((resolve, reject) => {
    port.open((error) => {
      if (error) {
        reject(error);
        return;
      }
      let closed = false;
      port.once('close', (reason: Error | null | undefined) => {
        closed = true;
        // Only destroying it drops what still waits to be written, and its place in the gateway's budget.
        port.destroy();
        handler.closed(reason ?? failure);
      });
      port.on('data', (chunk: Buffer) => handler.data(chunk));
      if (!dropOnClose) keepLinesUp(port);
      resolve({
        output: port,
        close: () =>
          new Promise((done) => {
            if (closed) done();
            else {
              port.once('close', () => done());
              if (port.isOpen) port.close(() => done());
            }
          }),
      });
    });
  });
};

/**
 * Clears HUPCL. serialport's `hupcl: false` only does not set it, and the system's default has it set. `stty` works on
 * the file that is open already, because opening it once more could move the lines. It gets the file as number 3: Node
 * makes what it hands over as standard input blocking, for this process too, and reads would then block its threads.
 * Where there is no `stty`, the system's default stays.
 */
function keepLinesUp(port: SerialPort): void {
  const fd = (port.port as { fd?: number | null } | undefined)?.fd;
  if (typeof fd !== 'number') return;
  spawn('sh', ['-c', 'exec stty -hupcl <&3'], { stdio: ['ignore', 'ignore', 'ignore', fd] }).on('error', () => {});
}
