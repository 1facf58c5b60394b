import type { CodeName } from '@crosscomm/protocol';
import { Connection } from './connection.ts';
import type { CallRequest, Conversation, ConversationHandler } from './conversation.ts';
import { CrossCommError } from './error.ts';
import { FrameConversation } from './frame-conversation.ts';
import type { Message } from './message.ts';
import type { CrossCommOptions, Status } from './options.ts';
import type { Platform } from './platform.ts';
import { refusal } from './refusal.ts';
import type { ServerAddress } from './server-address.ts';
import { systemClock } from './system.ts';
import { TextConversation } from './text-conversation.ts';

const LOGIN_TIMEOUT_MS = 10_000;

export interface ClientSessionHandler {
  status(status: Status): void;
  /** It is online in a session that knows nothing of what was kept. */
  began(): void;
  message(message: Message): void;
  /** What the server keeps of a field; undefined for nothing. */
  kept(channel: string, key: string, value: unknown): void;
  call(call: CallRequest): void;
  /** The channels to subscribe to, as they were written. */
  channels(): Iterable<string>;
  /** The fields whose last value is to be kept. */
  fields(): Iterable<{ channel: string; key: string }>;
}

interface Login {
  resolve(): void;
  reject(error: CrossCommError): void;
}

/** A client's sessions with a server, each from a login to its end, across lost connections. */
export class ClientSession {
  readonly #clientId: string;
  readonly #options: CrossCommOptions;
  readonly #platform: Platform;
  readonly #handler: ClientSessionHandler;
  #status: Status = { state: 'offline', protocol: undefined };
  #connection: Connection | undefined;
  #conversations: Conversation[] = [];
  #frames: FrameConversation | undefined;
  /** Of the server's HTTP; kept after a logout. */
  #http: string | undefined;
  #login: Login | undefined;

  constructor(clientId: string, options: CrossCommOptions, platform: Platform, handler: ClientSessionHandler) {
    this.#clientId = clientId;
    this.#options = options;
    this.#platform = platform;
    this.#handler = handler;
  }

  /** How it stands with the server. */
  get status(): Status {
    return this.#status;
  }

  /** Whether there is a session: it may be without a connection. */
  get isOpen(): boolean {
    return this.#connection !== undefined;
  }

  get isOnline(): boolean {
    return this.#connection?.conversation.isOnline ?? false;
  }

  /** The conversation that goes on. Throws CrossCommError `not_logged_in`. */
  get conversation(): Conversation {
    if (this.#connection === undefined) throw notLoggedIn();
    return this.#connection.conversation;
  }

  /** The conversation with a gateway. Throws CrossCommError `not_logged_in`; `not_supported` where the server keeps no files. */
  get frames(): FrameConversation {
    if (this.#connection === undefined || this.#frames === undefined) throw notLoggedIn();
    if (this.#connection.speaksText) throw noStore();
    return this.#frames;
  }

  /** Where the gateway gives out objects, also after the session. Throws as `frames` does. */
  get objectsAddress(): string {
    if (this.#http === undefined) throw notLoggedIn();
    if (this.#connection?.speaksText) throw noStore();
    return this.#http;
  }

  /** Opens a session; resolves once it is online. Throws CrossCommError, and then there is none. */
  async open(address: ServerAddress): Promise<void> {
    if (this.isOpen) {
      throw new CrossCommError('id_taken', 'This client is logged in already: log it out before the next login.');
    }
    const connection = this.#connect(address);
    const online = new Promise<void>((resolve, reject) => {
      this.#login = { resolve, reject };
    });
    const cancel = systemClock.after(LOGIN_TIMEOUT_MS, () => {
      this.#refuse(new CrossCommError('timeout', `The server at ${address.text} did not answer the login.`));
    });
    try {
      this.#become({ state: 'connecting', protocol: undefined });
      connection.open();
      await online;
    } catch (error) {
      await this.end(error instanceof Error ? error.message : String(error));
      throw error instanceof CrossCommError
        ? error
        : new CrossCommError('unreachable', `"${address.text}" is not the address of a server.`, { cause: error });
    } finally {
      cancel();
    }
  }

  /** Ends the session. Resolves when the server has heard of it, or after a second. */
  async end(reason: string): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#refuse(new CrossCommError('offline', 'The client was logged out before the server answered its login.'));
    for (const conversation of this.#conversations.splice(0)) conversation.stop();
    const closed = connection?.stop();
    this.#become({ state: 'offline', protocol: undefined, reason });
    await closed;
  }

  /** In both protocols, as either may be spoken the next time; the one that is spoken now tells the outcome. */
  subscribe(channel: string): Promise<CodeName | undefined> {
    const current = this.#connection?.conversation;
    let outcome: Promise<CodeName | undefined> = Promise.resolve(undefined);
    for (const conversation of this.#conversations) {
      const confirmed = conversation.subscribe(channel);
      if (conversation === current) outcome = confirmed;
    }
    return outcome;
  }

  unsubscribe(channel: string): void {
    for (const conversation of this.#conversations) conversation.unsubscribe(channel);
  }

  keep(channel: string, key: string): void {
    for (const conversation of this.#conversations) conversation.keep(channel, key);
  }

  #connect({ url, http, text: where, user, password }: ServerAddress): Connection {
    const clientId = this.#clientId;
    const { heartbeatInterval = 30, heartbeatTimeout = 60 } = this.#options;
    const handler = this.#conversationHandler();
    const frames = new FrameConversation({ clientId, user, password }, handler);
    const heartbeats = { heartbeatMs: heartbeatInterval * 1000, silentMs: heartbeatTimeout * 1000 };
    const text = new TextConversation({ clientId, ...heartbeats }, handler);
    const connection = new Connection(url, this.#platform, frames, text, { lost: (why) => this.#lost(why, where) });
    this.#conversations = [frames, text];
    this.#frames = frames;
    this.#http = http;
    this.#connection = connection;
    for (const channel of this.#handler.channels()) this.subscribe(channel);
    for (const { channel, key } of this.#handler.fields()) this.keep(channel, key);
    return connection;
  }

  #conversationHandler(): ConversationHandler {
    const { message, kept, call } = this.#handler;
    return {
      message,
      kept,
      call,
      online: (isResumed) => {
        if (!isResumed) this.#handler.began();
        this.#connection?.succeeded();
        this.#become({ state: 'online', protocol: this.#connection?.speaksText ? 'crosscomm' : 'frames' });
        this.#login?.resolve();
        this.#login = undefined;
      },
      refused: (code, text, final) => {
        const error = refusal(code, text, this.#clientId);
        if (this.#login) this.#refuse(error);
        else if (final) void this.end(error.message);
        else this.#become({ state: 'reconnecting', protocol: undefined, reason: error.message });
      },
    };
  }

  #refuse(error: CrossCommError): void {
    this.#login?.reject(error);
    this.#login = undefined;
  }

  #lost(why: string, where: string): void {
    if (this.#login) this.#refuse(new CrossCommError('unreachable', `No server is to be had at ${where}: ${why}.`));
    else this.#become({ state: 'reconnecting', protocol: undefined, reason: why });
  }

  #become(status: Status): void {
    this.#status = status;
    this.#handler.status(status);
  }
}

function notLoggedIn(): CrossCommError {
  return new CrossCommError('not_logged_in', 'Not connected: log in first (`await client.login()`).');
}

/** Files are with the gateway; pywayne's own server knows nothing of them. */
function noStore(): CrossCommError {
  return new CrossCommError('not_supported', 'This server keeps no files: give an object store as `objects`.');
}
