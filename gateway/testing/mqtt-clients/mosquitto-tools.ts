import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EventQueue, type LineEvent } from '../json-lines.ts';
import { Program } from '../program.ts';
import {
  type Agent,
  type Client,
  type Connected,
  type ConnectHow,
  type Incoming,
  messageOf,
  type Outgoing,
  type Qos,
} from './agent.ts';

/** What mosquitto's tools print with `-F %j`. */
interface Printed {
  topic: string;
  payload: string;
  qos: number;
  retain: number;
  properties?: { 'response-topic'?: string; 'correlation-data'?: string };
}

/**
 * A message, of a line that mosquitto_sub prints; undefined for another line.
 * @throws SyntaxError where a message is not what it prints otherwise
 */
function messageOn(line: string): LineEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  const { topic, payload, qos, retain, properties } = JSON.parse(line) as Printed;
  const { 'response-topic': responseTopic = null, 'correlation-data': correlation = null } = properties ?? {};
  return { event: 'message', topic, payload, qos, retain: retain !== 0, responseTopic, correlation };
}

/** Runs a tool to its end; throws with what it said where it fails. What it printed. */
export async function runTool(tool: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(tool, args);
  const parts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      parts[name] += chunk.toString();
    });
  }
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${parts.stderr}`);
  return parts.stdout;
}

/** One that was started, and how it is started again. */
interface Reading {
  program: Program;
  args: readonly string[];
}

/** mosquitto_sub for each subscription, with an id of its own, and mosquitto_pub for each message. */
class MosquittoAgent implements Agent {
  readonly #reading: Reading[] = [];
  readonly #heard = new EventQueue('mosquitto_sub');
  readonly #subscriptions: [filter: string, qos: Qos][] = [];
  #how: ConnectHow | undefined;

  get #address(): string[] {
    if (!this.#how) throw new Error('it was not connected');
    const { host, port, route } = this.#how;
    const version = route?.version === 4 ? 'mqttv311' : 'mqttv5';
    const trust = route?.way === 'tls' ? ['--cafile', route.caFile] : [];
    return ['-V', version, '-h', host, '-p', String(port), ...trust];
  }

  /** A program that subscribes is one that connects: what was subscribed before is so anew. */
  async connect(how: ConnectHow): Promise<Connected> {
    this.#how = how;
    const subscriptions = this.#subscriptions.splice(0);
    for (const [filter, qos] of subscriptions) await this.subscribe(filter, qos);
    return { sessionPresent: null };
  }

  async subscribe(filter: string, qos: Qos): Promise<number> {
    const { id = '', persistent, will, route } = this.#how ?? {};
    const session = persistent ? ['-c', ...(route?.version === 4 ? [] : ['-x', '600'])] : [];
    const last = will
      ? ['--will-topic', will.topic, '--will-payload', will.payload, '--will-qos', String(will.qos)]
      : [];
    const mine = ['-i', `${id}-${this.#subscriptions.length}`, ...session, ...last];
    const asked = ['-t', filter, '-q', String(qos), '-F', '%j', '-d'];
    const args = [...this.#address, ...mine, ...asked];
    const program = this.#start(args);
    this.#reading.push({ program, args });
    this.#subscriptions.push([filter, qos]);
    return (await program.take('subscribed')).code as number;
  }

  async publish({ topic, payload, qos, retain = false, responseTopic, correlation }: Outgoing): Promise<void> {
    const properties = Object.entries({ 'response-topic': responseTopic, 'correlation-data': correlation });
    const given = properties.flatMap(([name, value]) => (value === undefined ? [] : ['-D', 'publish', name, value]));
    const what = payload === '' ? '-n' : '-s';
    const args = [...this.#address, '-t', topic, '-q', String(qos), ...(retain ? ['-r'] : []), ...given, what];
    await runTool('mosquitto_pub', args, payload);
  }

  message(topic: string): Promise<Incoming> {
    return messageOf(this.#heard, topic);
  }

  /** At MQTT 5 it ends where a broker tells it that it stops; then it is started again, as whoever runs it would. */
  async reconnected(): Promise<Connected> {
    const again = async (reading: Reading): Promise<void> => {
      const isBack = await reading.program.take('subscribed').catch(() => undefined);
      if (isBack) return;
      reading.program = this.#start(reading.args);
      await reading.program.take('subscribed');
    };
    await Promise.all(this.#reading.map(again));
    return { sessionPresent: null };
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.#reading.splice(0).map(({ program }) => program.stop('SIGTERM')));
  }

  async kill(): Promise<void> {
    await Promise.all(this.#reading.splice(0).map(({ program }) => program.stop('SIGKILL')));
  }

  #start(args: readonly string[]): Program {
    // It flushes what it prints of messages, but not what it prints of packets.
    return new Program('mosquitto_sub', 'stdbuf', ['-oL', 'mosquitto_sub', ...args], {
      parse: (line) => this.#parse(line),
    });
  }

  /** With `-d` it also tells of packets. */
  #parse(line: string): LineEvent | undefined {
    const message = messageOn(line);
    if (message) this.#heard.push(message);
    const [, code] = /^Subscribed \(mid: \d+\): (\d+)/.exec(line) ?? [];
    return code === undefined ? undefined : { event: 'subscribed', code: Number(code) };
  }
}

export const mosquittoTools: Client = {
  name: 'mosquitto_sub and mosquitto_pub',
  // mosquitto_sub does where a signal ends it.
  asksForWill: true,
  start: () => new MosquittoAgent(),
};
