import { randomBytes } from 'node:crypto';
import WebSocket from 'ws';
import { GatewayError } from '../common/errors.ts';
import { GATEWAY_PORT, gatewayAddress } from '../common/gateway-address.ts';
import { refusalIn } from '../common/http-error.ts';
import { decodeString, quote, scanObject, writeObject } from '../common/json/scan.ts';
import { makeUpId } from '../common/made-up-ids.ts';
import { printable } from '../common/printable.ts';
import { UsageError } from './shell.ts';
import { unreachable } from './unreachable.ts';

/** What the gateway says about one message, or about subscriptions; see docs/crosscomm.md. */
export interface ServerReceipt {
  /** How many recipients have the message. */
  delivered: number;
  /** How many should have got it and did not. */
  refused: number;
  /** Why not, for the first of them. */
  reason: string | null;
}

/** A CrossComm message as the gateway sends it; see docs/crosscomm.md. */
export interface Frame {
  id: string;
  from: string;
  to: string;
  kind: string;
  /** The JSON text of the content, as it came. */
  content: string;
  /** Seconds since 1970. */
  timestamp: number;
  /** The JSON text of the object's key: a string, or null. */
  objectKey: string;
}

export interface KnownClient {
  id: string;
  online: boolean;
}

const SERVER = 'server';
const ANSWER_TIMEOUT_MS = 5000;
const HEARTBEAT_MS = 20_000;
/** What one CrossComm message may have at most. */
const MAX_FRAME_BYTES = 1024 * 1024;

const DEFAULT_URL = `ws://127.0.0.1:${GATEWAY_PORT}`;

/** The environment variable that names the gateway where `--url` does not. */
export const URL_VARIABLE = 'CROSSCOMM_URL';

/**
 * The address of the gateway that a command is to speak to, by `gatewayAddress`, from `--url` or the environment.
 *
 * @throws UsageError where it is none
 */
export function gatewayUrl(given: string | undefined, env: NodeJS.ProcessEnv): string {
  const text = given ?? (env[URL_VARIABLE] || DEFAULT_URL);
  const url = gatewayAddress(text);
  if (url) return url.href;
  throw new UsageError(
    `"${printable(text)}" is not the address of a gateway: write it like ${DEFAULT_URL}, or HOST:PORT.`,
  );
}

/** An id for a command that did not choose one. */
export function freshId(): string {
  return makeUpId('cli', { random: Math.random, digits: 6 });
}

/** A connection to a running gateway in the CrossComm protocol. */
export class CrossCommClient {
  /** Where the gateway is, for messages: without a password. */
  readonly url: string;
  readonly id: string;
  /** Resolves with the reason when the connection is over. */
  readonly closed: Promise<string>;
  /** Called with each message that is not an answer of the server's. */
  onMessage: (frame: Frame) => void = () => {};
  readonly #socket: WebSocket;
  readonly #env: NodeJS.ProcessEnv;
  readonly #answers = new Map<string, (frame: Frame) => void>();
  readonly #receipts = new Map<string, ServerReceipt>();
  #heartbeat: NodeJS.Timeout | undefined;

  private constructor(socket: WebSocket, url: string, id: string, env: NodeJS.ProcessEnv) {
    this.#socket = socket;
    this.#env = env;
    this.url = shown(url);
    this.id = id;
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        clearInterval(this.#heartbeat);
        resolve(reason.length > 0 ? reason.toString() : `code ${code}`);
      });
    });
    // A close always follows, and tells.
    socket.on('error', () => {});
    socket.on('message', (data) => this.#receive(String(data)));
  }

  /**
   * Opens the connection; log in next. `env` is for the hints of errors.
   *
   * @throws GatewayError GATEWAY_UNREACHABLE where no gateway answers
   */
  static connect(url: string, id: string, env: NodeJS.ProcessEnv): Promise<CrossCommClient> {
    const socket = new WebSocket(url, { handshakeTimeout: ANSWER_TIMEOUT_MS, perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      socket.once('open', () => {
        socket.off('error', refuse);
        resolve(new CrossCommClient(socket, url, id, env));
      });
      socket.once('error', refuse);
      // Something speaks HTTP there and opens no WebSocket; a gateway says why.
      socket.once('unexpected-response', async (_request, answer) => {
        const refusal = await refusalIn(answer);
        socket.off('error', refuse).on('error', () => {});
        socket.terminate();
        if (refusal) reject(new GatewayError(refusal.code, refusal.message));
        else refuse(new Error(`what is there answers ${answer.statusCode}`));
      });
      function refuse(error: Error): void {
        reject(unreachable(env, shown(url), { reason: error.message, cause: error }));
      }
    });
  }

  /** Joins the conversation. Throws GatewayError PEER_NOT_ALLOWED where the gateway will not have it. */
  async login(): Promise<void> {
    const { content } = await this.#ask('login', '{}', 'login_response');
    const { status, message } = JSON.parse(content) as { status?: string; message?: string };
    if (status !== 'success') {
      throw new GatewayError(
        'PEER_NOT_ALLOWED',
        `The gateway will not have ${this.id}: ${message ?? 'it gives no reason'}.`,
      );
    }
    this.#heartbeat = setInterval(() => this.#send(SERVER, 'heartbeat', '{}'), HEARTBEAT_MS);
  }

  /** Every client the gateway knows. Its answer also says that all sent before has arrived. */
  async listClients(): Promise<KnownClient[]> {
    const { content } = await this.#ask('list_clients', quote('{"only_show_online": false}'), 'list_clients_response');
    const list = JSON.parse(decodeString(content)) as { clients: { client_id: string; status: string }[] };
    return list.clients.map(({ client_id, status }) => ({ id: client_id, online: status === 'online' }));
  }

  /** Sends a message and returns its id; `content` is JSON text. */
  send(to: string, kind: string, content: string): string {
    return this.#send(to, kind, content);
  }

  /**
   * From now on, messages to these channels arrive too; `#` is all of them.
   *
   * @returns the message's id, for `receiptOf`
   */
  subscribe(channels: readonly string[]): string {
    return this.#send(SERVER, 'dict', JSON.stringify({ subscribe: channels }));
  }

  /** Asks for a receipt of each message that is sent from now on. */
  askForReceipts(): void {
    this.#send(SERVER, 'dict', '{"receipts": true}');
  }

  /**
   * What the gateway said about the message with this id. It has said so by the time that it answers what was asked after it; a
   * server that gives no receipts says nothing.
   */
  receiptOf(messageId: string): ServerReceipt | undefined {
    return this.#receipts.get(messageId);
  }

  /** Stops reading, so that the gateway's bounded queue takes what this program cannot. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Says goodbye and closes. Resolves when the connection is over. */
  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.OPEN) this.#send(SERVER, 'logout', '{}');
    this.#socket.resume();
    this.#socket.close(1000);
    const timer = setTimeout(() => this.#socket.terminate(), 1000);
    await this.closed;
    clearTimeout(timer);
  }

  #send(to: string, kind: string, content: string): string {
    const now = Date.now();
    const id = `${this.id}_${now}_${randomBytes(4).toString('hex')}`;
    const text = writeObject([
      { name: 'msg_id', raw: quote(id) },
      { name: 'from_client_id', raw: quote(this.id) },
      { name: 'to_client_id', raw: quote(to) },
      { name: 'msg_type', raw: quote(kind) },
      { name: 'content', raw: content },
      { name: 'timestamp', raw: String(now / 1000) },
      { name: 'oss_key', raw: 'null' },
    ]);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_FRAME_BYTES) {
      throw new GatewayError('PEER_TOO_LARGE', `The message has ${bytes} bytes, and CrossComm carries at most 1 MiB.`);
    }
    this.#socket.send(text);
    return id;
  }

  /** Sends to the server and waits for its answer. */
  async #ask(kind: string, content: string, answer: string): Promise<Frame> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(unreachable(this.#env, this.url, { reason: 'it does not answer in the CrossComm protocol' })),
        ANSWER_TIMEOUT_MS,
      );
    });
    const refusal = this.closed.then((reason) => {
      throw new GatewayError('PEER_NOT_ALLOWED', `The gateway at ${this.url} closed the connection: ${reason}.`);
    });
    const reply = new Promise<Frame>((resolve) => this.#answers.set(answer, resolve));
    try {
      this.#send(SERVER, kind, content);
      return await Promise.race([reply, refusal, timeout]);
    } finally {
      clearTimeout(timer);
      this.#answers.delete(answer);
    }
  }

  #receive(text: string): void {
    const frame = parseFrame(text);
    if (!frame) return;
    const waiting = frame.from === SERVER ? this.#answers.get(frame.kind) : undefined;
    if (waiting) waiting(frame);
    else if (frame.from === SERVER && frame.kind === 'receipt') this.#keepReceipt(frame);
    else this.onMessage(frame);
  }

  #keepReceipt({ content }: Frame): void {
    const receipt = JSON.parse(content) as ServerReceipt & { msg_id: string };
    this.#receipts.set(receipt.msg_id, receipt);
  }
}

/** The frame that `text` is, or undefined where it is none. Literals stay as they are; Python's NaN is accepted. */
export function parseFrame(text: string): Frame | undefined {
  try {
    const raw = new Map(scanObject(text, { nonFinite: true }).map((member) => [member.name, member.raw]));
    const string = (name: string): string => {
      const value = raw.get(name) ?? '';
      return value.startsWith('"') ? decodeString(value) : value;
    };
    return {
      id: string('msg_id'),
      from: string('from_client_id'),
      to: string('to_client_id'),
      kind: string('msg_type'),
      content: raw.get('content') ?? 'null',
      timestamp: Number(raw.get('timestamp')) || Date.now() / 1000,
      objectKey: raw.get('oss_key') ?? 'null',
    };
  } catch {
    return undefined;
  }
}

/** A URL may hold a name and a password, which are nobody's business. */
function shown(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}
