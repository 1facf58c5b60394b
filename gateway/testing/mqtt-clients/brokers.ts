import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayProcess } from '../gateway-process.ts';
import { ownPort } from '../own-port.ts';

/** A broker that keeps sessions and retained messages over a restart. */
export interface Broker {
  host: string;
  port: number;
  /** For MQTT in WebSockets. */
  webSocketPort: number;
  /** Ends it and starts it again, on the same port and data. */
  restart(): Promise<void>;
  /** Ends it, and removes its data. */
  stop(): Promise<void>;
}

/**
 * The broker under test: a gateway; with MQTT_CLIENTS_BROKER=mosquitto in the environment a mosquitto, which shows whether a case
 * that fails is one that this client cannot do anywhere.
 */
export function startBroker(): Promise<Broker> {
  return process.env.MQTT_CLIENTS_BROKER === 'mosquitto' ? startMosquitto() : startGateway();
}

async function startGateway(): Promise<Broker> {
  const gateway = new GatewayProcess();
  const { mqtt, http } = await gateway.start();
  return {
    ...mqtt,
    webSocketPort: http.port,
    async restart() {
      await gateway.stop();
      await gateway.start();
    },
    stop: () => gateway.dispose(),
  };
}

/** A mosquitto that listens on 127.0.0.1 with these further lines of configuration. */
export async function startMosquitto(lines: readonly string[] = []): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'crosscomm-mosquitto-'));
  const [port, webSocketPort] = [ownPort(), ownPort()];
  const file = join(folder, 'mosquitto.conf');
  const basic = ['allow_anonymous true', 'user root', 'persistence true', `persistence_location ${folder}/`];
  const listeners = [`listener ${port} 127.0.0.1`, `listener ${webSocketPort} 127.0.0.1`, 'protocol websockets'];
  writeFileSync(file, [...basic, ...lines, ...listeners, ''].join('\n'));
  let process = await run();

  /** Resolves when it accepts connections. */
  async function run(): Promise<ChildProcess> {
    const child = spawn('/usr/sbin/mosquitto', ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    for await (const chunk of child.stderr) {
      said += String(chunk);
      if (/mosquitto version \S+ running/.test(said)) break;
    }
    return child;
  }

  async function end(): Promise<void> {
    if (process.exitCode !== null || process.signalCode !== null) return;
    const gone = once(process, 'exit');
    process.kill('SIGTERM');
    await gone;
  }

  return {
    host: '127.0.0.1',
    port,
    webSocketPort,
    async restart() {
      await end();
      process = await run();
    },
    async stop() {
      await end();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
