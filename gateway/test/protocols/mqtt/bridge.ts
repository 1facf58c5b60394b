import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownPort } from '@crosscomm/testing/own-port';
import { expect } from 'vitest';
import type { TestBroker } from '../../mqtt-engine/support.ts';

/** A mosquitto of its own that bridges to the gateway of a test. */
export interface Bridge {
  /** Where its own clients connect, at 127.0.0.1. */
  port: number;
  /** Ends it as a power cut would. */
  kill(): void;
  stop(): Promise<void>;
}

/** Starts a bridge as mosquitto's manual has it; only it tries again after one second. `more`: further lines of its connection. */
export async function startBridge(test: TestBroker, more: readonly string[] = []): Promise<Bridge> {
  const folder = await mkdtemp(join(tmpdir(), 'crosscomm-bridge-'));
  const port = ownPort();
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'user root'];
  lines.push('connection pi', `address 127.0.0.1:${test.port}`, 'topic # both 1', 'restart_timeout 1', ...more);
  await writeFile(join(folder, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  const program: ChildProcess = spawn('/usr/sbin/mosquitto', ['-c', join(folder, 'mosquitto.conf')], {
    stdio: 'ignore',
  });
  const gone = once(program, 'exit');
  return {
    port,
    kill: () => program.kill('SIGKILL'),
    async stop() {
      program.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The id of the bridge's client, which has the machine's name in it, once it is online; what it says first is still to come then. */
export async function bridged(test: TestBroker): Promise<string> {
  const find = () => [...test.house.hub.clients()].find(({ id, online }) => online && id.endsWith('.pi'))?.id;
  await expect.poll(find).toBeDefined();
  return find() as string;
}
