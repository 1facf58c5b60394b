import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './process.mjs';

const NATS_SERVER = fileURLToPath(new URL('../../.cache/venv/bin/nats-server', import.meta.url));
const LISTENING = /Listening for client connections on 127\.0\.0\.1:(\d+)/;

/** A NATS server with JetStream, on a free port. `folder` goes with it. */
export class NatsServer {
  #server;

  /**
   * @param {import('node:child_process').ChildProcess} server
   * @param {string} folder
   * @param {string} url
   */
  constructor(server, folder, url) {
    this.#server = server;
    this.folder = folder;
    this.url = url;
  }

  static async start() {
    if (!existsSync(NATS_SERVER)) throw new Error('the NATS server is not installed: run npm test once');
    const folder = temporaryFolder();
    const args = ['--addr', '127.0.0.1', '--port', '-1', '--jetstream', '--store_dir', path.join(folder, 'nats')];
    const server = spawn(NATS_SERVER, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    return new NatsServer(server, folder, `nats://127.0.0.1:${await portOf(server)}`);
  }

  async stop() {
    const gone = new Promise((resolve) => this.#server.once('exit', resolve));
    this.#server.kill();
    await gone;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * @param {import('node:child_process').ChildProcess} server
 * @returns {Promise<number>}
 */
function portOf(server) {
  return new Promise((resolve, reject) => {
    server.once('exit', () => reject(new Error('the NATS server ended')));
    const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (server.stderr) });
    lines.on('line', (line) => {
      const [, port] = LISTENING.exec(line) ?? [];
      if (port !== undefined) resolve(Number(port));
    });
  });
}
