import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { EventQueue, LineEvent } from '../json-lines.ts';
import { Program } from '../program.ts';
import { PYTHON } from '../python.ts';

export type Qos = 0 | 1 | 2;

/** Until a program has started and connected: some need seconds of the processor, and others may be at it. */
const START_LIMIT_MS = 120_000;

/** A message as a client publishes it. */
export interface Outgoing {
  topic: string;
  payload: string;
  qos: Qos;
  retain?: boolean;
  responseTopic?: string;
  correlation?: string;
}

/** A message as a client got it. */
export interface Incoming {
  topic: string;
  payload: string;
  qos: number;
  retain: boolean;
  responseTopic: string | null;
  correlation: string | null;
}

/** A way to the gateway: TCP, TLS, WebSocket, WebSocket with TLS. */
export type Way = 'tcp' | 'tls' | 'ws' | 'wss';

/** What is asked of a library beside MQTT 5 by TCP, which is what it does where nothing else is said. */
export interface Route {
  way: Way;
  version: 4 | 5;
  /** The authority whose certificates it trusts. */
  caFile: string;
}

export interface ConnectHow {
  host: string;
  port: number;
  /** Where MQTT is spoken in WebSockets, at the path `/mqtt`. */
  webSocketPort: number;
  id: string;
  /** Goes on with a session, which lives for ten minutes without a connection; otherwise a new one, which ends with the connection. */
  persistent?: boolean;
  will?: { topic: string; payload: string; qos: Qos };
  /** undefined: MQTT 5 by TCP, or what the agent was made for. */
  route?: Route;
}

/** Of CONNACK; null where the library does not tell. */
export interface Connected {
  sessionPresent: boolean | null;
}

/** A client of some library, at MQTT 5, with one connection at a time. It connects again by itself when that is lost. */
export interface Agent {
  connect(how: ConnectHow): Promise<Connected>;
  /** The code of SUBACK: the QoS that was granted, or from 0x80 on a refusal; null where the library does not tell. */
  subscribe(filter: string, qos: Qos): Promise<number | null>;
  /** Resolves when the message is acknowledged, with QoS 0 when it is on its way. */
  publish(message: Outgoing): Promise<void>;
  /** The next message on this topic that was not taken yet. */
  message(topic: string): Promise<Incoming>;
  /** Resolves when it has connected by itself after it lost its connection. */
  reconnected(): Promise<Connected>;
  /** Ends its connection as MQTT wants it. */
  disconnect(): Promise<void>;
  /** Ends it without a word. It cannot be used afterwards. */
  kill(): Promise<void>;
}

/** A library that the cases are run with. */
export interface Client {
  name: string;
  /** Its goodbye is one with which MQTT 5 has the will published (reason code 4). */
  asksForWill?: boolean;
  /** It drops what comes on a subscription that was not made in the same run of it. */
  readsOnlyWhatItAskedFor?: boolean;
  start(): Agent;
}

/** The next message on this topic among what a library said. */
export async function messageOf(said: EventQueue, topic: string): Promise<Incoming> {
  const isIt = (event: LineEvent): boolean => event.event === 'message' && event.topic === topic;
  const { payload, qos, retain, responseTopic, correlation } = await said.take(`message on ${topic}`, isIt);
  return { topic, payload, qos, retain, responseTopic, correlation } as Incoming;
}

/** The next connection among what a library said. */
export async function connectionOf(said: EventQueue, limitMs?: number): Promise<Connected> {
  const { sessionPresent } = await said.take('connection', ({ event }) => event === 'connected', limitMs);
  return { sessionPresent } as Connected;
}

/**
 * A program around a library: it reads one JSON command a line and prints one JSON event a line. Commands are `connect`, `subscribe`,
 * `publish` and `disconnect`, with the fields of the methods; events are `connected`, `subscribed` with its `code`, `published`,
 * `disconnected`, and `message`.
 */
export class ProgramAgent implements Agent {
  readonly #program: Program;

  constructor(name: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#program = new Program(name, command, args, { env });
  }

  async connect({ webSocketPort, port, route, ...how }: ConnectHow): Promise<Connected> {
    const isWeb = route?.way === 'ws' || route?.way === 'wss';
    const where = { port: isWeb ? webSocketPort : port, ...route };
    this.#program.command({ do: 'connect', persistent: false, will: null, ...how, ...where });
    return connectionOf(this.#program.events, START_LIMIT_MS);
  }

  async subscribe(topic: string, qos: Qos): Promise<number | null> {
    this.#program.command({ do: 'subscribe', topic, qos });
    return (await this.#program.take('subscribed')).code as number | null;
  }

  async publish(message: Outgoing): Promise<void> {
    this.#program.command({ do: 'publish', retain: false, responseTopic: null, correlation: null, ...message });
    await this.#program.take('published');
  }

  message(topic: string): Promise<Incoming> {
    return messageOf(this.#program.events, topic);
  }

  reconnected(): Promise<Connected> {
    return connectionOf(this.#program.events);
  }

  async disconnect(): Promise<void> {
    this.#program.command({ do: 'disconnect' });
    await this.#program.take('disconnected');
  }

  async kill(): Promise<void> {
    await this.#program.stop('SIGKILL');
  }
}

/** A library of Python, by the program `NAME_agent.py` beside this folder. */
export function pythonClient(name: string, script: string): Client {
  const path = fileURLToPath(new URL(`../python/${script}`, import.meta.url));
  return {
    name,
    start() {
      if (!existsSync(PYTHON))
        throw new Error('the Python packages for the tests are not installed: run npm test once');
      return new ProgramAgent(name, PYTHON, [path]);
    },
  };
}
