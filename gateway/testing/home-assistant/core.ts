import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contains, Program } from '../program.ts';

const ROOT = fileURLToPath(new URL('../../../.cache/home-assistant', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../../client-tests/home-assistant/', import.meta.url));
const ENV = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C.UTF-8' };
/** It takes five seconds; on a machine that does much else, a minute. */
const START_MS = 180_000;
const WAIT_MS = 20_000;

/** Runs one of the programs of client-tests/home-assistant in that Debian, with `input` as JSON, and reads the JSON that it prints. */
export function runThere(script: 'check.py' | 'rules.py', input: unknown = null): unknown {
  copyFileSync(join(SOURCES, script), join(ROOT, 'root', script));
  const args = [ROOT, '/ha/bin/python', `/root/${script}`];
  return JSON.parse(execFileSync('chroot', args, { env: ENV, input: JSON.stringify(input), encoding: 'utf8' }));
}

export type State = readonly [value: string, attributes: Record<string, unknown>];

/** The real Home Assistant, with its MQTT integration, in the Debian that `npm run test:home-assistant` makes. */
export class HomeAssistantCore {
  readonly #folder: string;
  readonly #port: number;
  #program: Program | undefined;

  /** `port`: of the broker, on 127.0.0.1; `name`: of the folder that it keeps what it knows in. */
  constructor(port: number, name: string) {
    this.#port = port;
    this.#folder = `/srv/${name}`;
  }

  /** Starts it, or starts it again with what it knew, until it is connected and has subscribed. */
  async start(): Promise<void> {
    copyFileSync(join(SOURCES, 'core.py'), join(ROOT, 'root', 'core.py'));
    const args = [ROOT, '/ha/bin/python', '/root/core.py', String(this.#port), this.#folder];
    this.#program = new Program('Home Assistant', 'chroot', args, { env: ENV });
    const { state, reason } = await this.#program.take('ready', {}, START_MS);
    if (state !== 'loaded') throw new Error(`Home Assistant does not use MQTT: ${String(state)}, ${String(reason)}`);
  }

  /** Ends it as its user does, so that it keeps what it knows. */
  async stop(): Promise<void> {
    this.#running.command({ command: 'stop' });
    await this.#running.take('stopped');
    await this.#running.stop();
  }

  /** Ends it, and removes what it knew. */
  async remove(): Promise<void> {
    await this.#program?.stop();
    rmSync(join(ROOT, this.#folder), { recursive: true, force: true });
  }

  /** What it warned of since it started, as far as it is about MQTT. */
  get complaints(): string[] {
    return this.#running.events.kept
      .filter(({ event, name }) => event === 'log' && String(name).includes('mqtt'))
      .map(({ text }) => String(text));
  }

  /** All entities with their states. */
  async states(): Promise<Record<string, State>> {
    return (await this.#ask({ command: 'states' })).list as Record<string, State>;
  }

  /** Waits until an entity has a state, and such attributes. */
  async until(entity: string, value: string, attributes: Record<string, unknown> = {}): Promise<void> {
    const endMs = performance.now() + WAIT_MS;
    for (;;) {
      const state = (await this.states())[entity];
      if (state?.[0] === value && contains(state[1], attributes)) return;
      if (performance.now() > endMs) {
        throw new Error(
          `${entity} is ${JSON.stringify(state)} and not ${value} ${JSON.stringify(attributes)}; ${this.complaints.join('; ')}`,
        );
      }
      // It says each change of a state.
      await this.#running.take('state', {}, 500).catch(() => undefined);
    }
  }

  /** Waits until there is no entity of this id. */
  async untilGone(entity: string): Promise<void> {
    const endMs = performance.now() + WAIT_MS;
    while ((await this.states())[entity] !== undefined) {
      if (performance.now() > endMs) throw new Error(`${entity} is still there`);
      await this.#running.take('state', {}, 500).catch(() => undefined);
    }
  }

  /** Calls an action, such as `light` `turn_on`. */
  async call(domain: string, service: string, data: Record<string, unknown>): Promise<void> {
    const { error } = await this.#ask({ command: 'call', domain, service, data });
    if (error !== undefined) throw new Error(String(error));
  }

  async devices(): Promise<{ name: string; area: string | null; model: string | null }[]> {
    return (await this.#ask({ command: 'devices' })).list as {
      name: string;
      area: string | null;
      model: string | null;
    }[];
  }

  /** Deletes a device as its user does on its page. */
  async deleteDevice(name: string): Promise<void> {
    await this.#ask({ command: 'delete', device: name });
  }

  /** How many bytes the image of an entity has, and their SHA-256. */
  async image(entity: string): Promise<{ bytes: number; sha256: string }> {
    const { bytes, sha256 } = await this.#ask({ command: 'image', entity });
    return { bytes: Number(bytes), sha256: String(sha256) };
  }

  async #ask(command: { command: string; [field: string]: unknown }): Promise<Record<string, unknown>> {
    this.#running.command(command);
    return await this.#running.take(command.command, {}, WAIT_MS);
  }

  get #running(): Program {
    if (this.#program === undefined) throw new Error('Home Assistant was not started');
    return this.#program;
  }
}
