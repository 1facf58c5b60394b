import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BrowserPage } from '@crosscomm/testing/browser';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { connectAsync, type MqttClient } from 'mqtt';
import sharp from 'sharp';
import { build } from 'vite';
import { expect, vi } from 'vitest';
import { ROOT } from './pages.ts';

/** What is in everything that is said while a program of a page listens. */
export const MARK = 'heard-21.5';
const SAY_EVERY_MS = 100;
const LIMIT_MS = 100_000;
/** Where the programs of the pages listen, and what they look for in what comes. */
const CHANNELS = [
  'temperature',
  'lamp',
  'greetings',
  'uno',
  'group7/temperature',
  'sensors/sim-1',
  'serial-7573530313635191C1E1',
  'lab/room1',
];
const PICTURES = ['photo.jpg', 'door.jpg', 'a.jpg', 'b.jpg'];

/** A call by MQTT: who is called. */
const CALL = /\$call\/(\w+)\//;

/** Whether a web page shows the temperature that is said, or the picture that was sent. */
const SHOWS = `document.body.textContent.includes('21.5 °C') || (document.querySelector('#pictures img')?.naturalWidth ?? 0) > 0`;

/** A shell as the pages mean it: the names that they use lead to this gateway, and npm prints its lines as it does. */
const SHELL = String.raw`
set -euo pipefail
crosscomm() { node "$CLONE/gateway/bin/crosscomm.mjs" "$@"; }
npm() {
  shift
  if [ "$1" = -s ] || [ "$1" = --silent ]; then shift; else printf '\n> crosscomm\n> exec node scripts/crosscomm.mjs\n\n'; fi
  [ "$1 $2" = "crosscomm --" ] || { echo "npm run $1 is not known here" >&2; return 1; }
  shift 2
  crosscomm "$@"
}
curl() { command curl -sS --fail-with-body "$@"; }
mosquitto_pub() { command mosquitto_pub -h 127.0.0.1 -p "$MQTT_PORT" "$@"; }
mosquitto_sub() { command mosquitto_sub -h 127.0.0.1 -p "$MQTT_PORT" "$@"; }
mosquitto_rr() { command mosquitto_rr -h 127.0.0.1 -p "$MQTT_PORT" "$@"; }
make() { mkdir -p "$CLONE/.cache/avr"; flock "$CLONE/.cache/avr/.lock" make "$@"; }
`;

/** By what a program is known to work: it has printed what `prints` matches, and with `says` it has said something itself. */
export interface Works {
  prints?: RegExp;
  says?: boolean;
}

/** Where a reader of the pages sits: a gateway that runs, a folder with the clone, a sketch and some photos, and a shell. */
export class Desk {
  readonly gateway = new GatewayProcess({ pages: { folder: 'www', port: 0 }, osc: { port: 0 } });
  #mqtt: MqttClient | undefined;
  /** Called with each message that programs send to channels. */
  readonly #listeners = new Set<(channel: string, text: string) => void>();

  get #pages(): string {
    return join(this.gateway.folder, 'www');
  }

  get folder(): string {
    return join(this.gateway.folder, 'desk');
  }

  async sitDown(): Promise<void> {
    mkdirSync(this.#pages, { recursive: true });
    const { mqtt } = await this.gateway.start();
    mkdirSync(this.folder);
    for (const name of ['gateway', 'device-sdk', 'hil-tests', '.cache']) {
      symlinkSync(join(ROOT, name), join(this.folder, name));
    }
    writeFileSync(join(this.folder, 'crosscomm.yaml'), 'mqtt: { port: 1884 }\n');
    mkdirSync(join(this.folder, 'blinky'));
    writeFileSync(join(this.folder, 'blinky/blinky.ino'), 'void setup() {}\nvoid loop() {}\n');
    const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .jpeg()
      .toBuffer();
    for (const name of PICTURES) writeFileSync(join(this.folder, name), picture);
    const wall = `http://127.0.0.1:${this.gateway.ready.http.port}/objects/wall.jpg?from=teacher&to=wall&kind=image`;
    await fetch(wall, { method: 'PUT', body: new Uint8Array(picture), headers: { 'content-type': 'image/jpeg' } });
    this.#mqtt = await connectAsync(`mqtt://127.0.0.1:${mqtt.port}`, { clientId: 'teacher' });
    this.#mqtt.on('message', (channel, payload) => {
      for (const listener of this.#listeners) listener(channel, payload.toString());
    });
    await this.#mqtt.subscribeAsync('#');
  }

  async leave(): Promise<void> {
    await this.#mqtt?.endAsync(true);
    await this.gateway.dispose();
  }

  /** A program of a page with this gateway's address and ports in place of those that the page has. */
  here(text: string): string {
    const { http, oocsi, osc, oss } = this.gateway.ready;
    return text
      .replaceAll(/(crosscomm(?: --)? (?:pair|backup))\b/g, `$1 --data-dir ${this.gateway.dataDir}`)
      .replaceAll(
        /OOCSI\((["'][^"']+["']), ["'](?:192\.168\.1\.10|localhost)["']\)/g,
        `OOCSI($1, "127.0.0.1", ${oocsi.port})`,
      )
      .replaceAll("ip: '192.168.1.10', port: 9898", `ip: '127.0.0.1', port: ${http.port}`)
      .replaceAll("ip: '192.168.1.10'", `ip: '127.0.0.1', port: ${http.port}`)
      .replaceAll(/(?:192\.168\.1\.10|localhost):9898/g, `127.0.0.1:${http.port}`)
      .replaceAll(/(?:192\.168\.1\.10|localhost|127\.0\.0\.1):9899/g, `127.0.0.1:${oss.port}`)
      .replaceAll(/192\.168\.1\.10(:| |", )9000/g, (_, between) => `127.0.0.1${between}${osc?.port}`)
      .replaceAll('"192.168.1.10", 9898)', `"127.0.0.1", ${http.port})`)
      .replaceAll('port=9898', `port=${http.port}`)
      .replaceAll('192.168.1.10', '127.0.0.1')
      .replaceAll('"$PWD/', `"${ROOT}/`)
      .replaceAll('/home/me', this.folder)
      .replaceAll('/tmp/uno', join(this.folder, 'uno'));
  }

  /** Runs lines of a shell that end; throws with what they said where one fails. Who is called in them answers. */
  async run(lines: readonly string[]): Promise<void> {
    const called = lines.flatMap((line) => CALL.exec(line)?.[1] ?? []);
    const answering = await Promise.all(called.map((id) => this.#answerAs(id)));
    try {
      await this.#runShell(lines);
    } finally {
      for (const client of answering) await client.endAsync(true);
    }
  }

  /** A client that answers every call, as a board would. */
  async #answerAs(clientId: string): Promise<MqttClient> {
    const { port } = this.gateway.ready.mqtt;
    const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { clientId, protocolVersion: 5 });
    client.on('message', (_topic, _payload, { properties: { responseTopic, correlationData } = {} }) => {
      if (responseTopic === undefined) return;
      client.publish(responseTopic, '{"result":70.7}', { properties: correlationData ? { correlationData } : {} });
    });
    await client.subscribeAsync(`$call/${clientId}/+`);
    return client;
  }

  async #runShell(lines: readonly string[]): Promise<void> {
    const script = `${SHELL}\n${lines.map((line) => this.here(line)).join('\n')}`;
    // Where a line does not end, all that the shell has started ends with it.
    const args = ['--kill-after=1', String(LIMIT_MS / 1000), 'bash', '-c', script];
    const options = { cwd: this.folder, env: this.#environment() };
    await promisify(execFile)('timeout', args, options).catch((error) => {
      throw new Error(`${lines.join('\n')}\n${error.stdout}${error.stderr}`);
    });
  }

  /** Runs a line of a shell that does not end, until it works. */
  async runUntil(line: string, works: Works): Promise<void> {
    await this.watch('bash', ['-c', `${SHELL}\n${this.here(line)}`], works);
  }

  /** Shows a web page, built as Vite does, until it shows what it hears or finds. */
  async show(text: string): Promise<void> {
    const page = join(this.gateway.folder, 'page');
    mkdirSync(page, { recursive: true });
    writeFileSync(join(page, 'index.html'), this.here(text));
    await build({
      root: page,
      configFile: false,
      logLevel: 'error',
      resolve: { alias: { '@crosscomm/client': join(ROOT, 'device-sdk/node/dist/browser.js') } },
      build: { outDir: this.#pages, emptyOutDir: true, target: 'esnext', rolldownOptions: { external: /^http:/ } },
    });
    const browser = await BrowserPage.open(`http://127.0.0.1:${this.gateway.ready.pages?.port}/`);
    const speaking = setInterval(() => this.#speak(CHANNELS), SAY_EVERY_MS);
    try {
      await vi.waitFor(async () => expect(await browser.evaluate(SHOWS)).toBe(true), LIMIT_MS);
    } finally {
      clearInterval(speaking);
      await browser.close();
    }
  }

  /** Runs a program until it works, while everybody in the room speaks. Throws where it ends before, or in time does not. */
  async watch(command: string, args: readonly string[], wanted: Works): Promise<void> {
    // A group of its own, so that what a shell started ends with it.
    const child = spawn(command, args, { cwd: this.folder, env: this.#environment(), detached: true });
    let output = '';
    let hasSaid = !wanted.says;
    const ended = once(child, 'close');
    const done = new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (hasSaid && (wanted.prints === undefined || wanted.prints.test(output))) resolve();
      };
      const take = (chunk: Buffer): void => {
        output += chunk.toString();
        look();
      };
      const hear = (_: string, text: string): void => {
        if (text.includes(MARK)) return;
        hasSaid = true;
        look();
      };
      this.#listeners.add(hear);
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      const timer = setTimeout(() => reject(new Error(`nothing was seen in time; it printed:\n${output}`)), LIMIT_MS);
      void ended.then(() => {
        clearTimeout(timer);
        this.#listeners.delete(hear);
        reject(new Error(`it ended by itself, and printed:\n${output}`));
      });
    });
    const more = args.flatMap((text) =>
      [...text.matchAll(/\blisten (\w[\w/-]*)$/gm)].map(([, channel]) => channel ?? ''),
    );
    const speaking = setInterval(() => this.#speak([...CHANNELS, ...more]), SAY_EVERY_MS);
    try {
      await done;
      if (output.includes('Traceback')) throw new Error(output);
    } finally {
      clearInterval(speaking);
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        process.kill(-child.pid, 'SIGKILL');
      }
      await ended;
    }
  }

  #speak(channels: readonly string[]): void {
    for (const channel of channels) this.#mqtt?.publish(channel, JSON.stringify({ celsius: 21.5, led: 1, mark: MARK }));
  }

  #environment(): NodeJS.ProcessEnv {
    const { http, mqtt } = this.gateway.ready;
    return {
      ...process.env,
      CLONE: ROOT,
      HOME: this.folder,
      CROSSCOMM_URL: `ws://127.0.0.1:${http.port}`,
      MQTT_PORT: String(mqtt.port),
      PYTHONUNBUFFERED: '1',
      // As after `pip install ./device-sdk/python`.
      PYTHONPATH: join(ROOT, 'device-sdk/python'),
      // Old versions of rclone cannot use the certificates that a machine may name for Amazon's clients.
      AWS_CA_BUNDLE: undefined,
    };
  }
}
