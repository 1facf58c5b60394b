import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '../src/app/config.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../src/app/gateway.ts';
import type { Listeners } from '../src/app/listeners.ts';
import { silentLog } from '../src/common/log.ts';
import { TestShell } from './test-shell.ts';

/** What a command printed, and its exit code. */
export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** A data folder, the gateway in this process that runs with it or does not, and the commands that work on it by `--data-dir`. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'crosscomm-'));
  readonly dataDir = join(this.folder, 'data');
  #gateway: Gateway | undefined;
  #listeners: Listeners | undefined;

  /** `configuration` is laid over one that listens on free ports of 127.0.0.1 and leaves serial ports alone. */
  async start(configuration: Record<string, unknown> = {}, options: Partial<GatewayOptions> = {}): Promise<Listeners> {
    const any = { host: '127.0.0.1', port: 0 };
    const withTls = { ...any, tlsPort: 0 };
    const config = configSchema.parse({
      ...{ dataDir: this.dataDir, serial: { autoDetect: false }, http: any, oocsi: withTls, mqtt: withTls, oss: any },
      ...configuration,
    });
    this.#gateway = createGateway(config, { log: silentLog, ...options });
    this.#listeners = await this.#gateway.start();
    return this.#listeners;
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop();
    this.#gateway = undefined;
  }

  get listeners(): Listeners {
    if (!this.#listeners) throw new Error('the gateway was not started');
    return this.#listeners;
  }

  /** Where its HTTP is. */
  get url(): string {
    return `http://127.0.0.1:${this.listeners.http.port}`;
  }

  /** Runs a command in this process, with `--data-dir`. */
  run(argv: readonly string[], input = ''): Promise<Ran> {
    return this.runAs({}, [...argv, '--data-dir', this.dataDir], input);
  }

  /** Runs a command in this process, with this environment. */
  async runAs(env: NodeJS.ProcessEnv, argv: readonly string[], input = ''): Promise<Ran> {
    const shell = new TestShell({ env, input, cwd: this.folder });
    const code = await shell.run(...argv);
    return { code, out: shell.stdout.text, err: shell.stderr.text };
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
