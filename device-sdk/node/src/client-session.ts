import type { Value } from '@crosscomm/protocol';
import { Connection, type Loss } from './connection.ts';
import type {
  CallRequest,
  Conversation,
  ConversationHandler,
  DescriptionAnswer,
  RefusedChannel,
} from './conversation.ts';
import { type Closing, CrossCommError } from './error.ts';
import { FrameConversation } from './frame-conversation.ts';
import { basic, type HttpPlace } from './http-place.ts';
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
  /** `channel`: the text of the subscription that it came by; undefined where it came by its own name. */
  message(message: Message, channel: string | undefined): void;
  /** What the server keeps of a field; undefined for nothing. */
  kept(channel: string, key: string, value: unknown): void;
  /** A call came. False: nobody here answers it. */
  call(call: CallRequest): boolean;
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
  #address: ServerAddress | undefined;
  #login: Login | undefined;
  #description: Value | undefined;

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
    if (this.#connection === undefined) throw notLoggedIn();
    if (this.#connection.speaksText || this.#frames === undefined) throw noStore();
    return this.#frames;
  }

  /** Where the gateway gives out objects, also after the session. Throws as `frames` does. */
  get objectsPlace(): HttpPlace {
    if (this.#address === undefined) throw notLoggedIn();
    if (this.#connection?.speaksText) throw noStore();
    const { http: address, ca } = this.#address;
    return { address, authorization: this.#authorization(this.#address), fetch: this.#platform.fetchTrusting(ca) };
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
    const cancel = systemClock.after(this.#loginTimeoutMs, () => {
      if (connection.isOpen) {
        this.#refuse(new CrossCommError('timeout', `The server at ${address.text} did not answer the login.`));
      } else
        this.#refuse(unreachable(address.text, { why: 'it does not answer', cause: undefined, closed: undefined }));
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
  async end(reason: string, closed?: Closing): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#refuse(new CrossCommError('offline', 'The client was logged out before the server answered its login.'));
    for (const conversation of this.#conversations.splice(0)) conversation.stop();
    const goodbye = connection?.stop();
    this.#become({ state: 'offline', protocol: undefined, reason, ...(closed && { closed }) });
    await goodbye;
  }

  /** In all protocols that may be spoken the next time; the one that is spoken now tells which channels are refused. */
  subscribe(channels: readonly string[]): Promise<RefusedChannel[]> {
    const current = this.#connection?.conversation;
    let outcome = Promise.resolve<RefusedChannel[]>([]);
    for (const conversation of this.#conversations) {
      const confirmed = conversation.subscribe(channels);
      if (conversation === current) outcome = confirmed;
    }
    return outcome;
  }

  /** Leaves what comes in the connection, where there is one, or reads on. Throws CrossCommError `not_supported`. */
  pause(isPaused: boolean): void {
    if (this.#connection?.pause(isPaused) !== false) return;
    const what = "Only CrossComm's text can be paused, and only in Node";
    throw new CrossCommError('not_supported', `${what}: make the client with \`protocol: 'crosscomm'\`.`);
  }

  unsubscribe(channel: string): void {
    for (const conversation of this.#conversations) conversation.unsubscribe(channel);
  }

  keep(channel: string, key: string): void {
    for (const conversation of this.#conversations) conversation.keep(channel, key);
  }

  /** Tells what this client has, now and after each login; undefined where it is not online. */
  async describe(description: Value): Promise<DescriptionAnswer | undefined> {
    this.#description = description;
    const current = this.isOnline ? this.#connection?.conversation : undefined;
    let outcome: Promise<DescriptionAnswer> | undefined;
    for (const conversation of this.#conversations) {
      const answer = conversation.describe(description);
      if (conversation === current) outcome = answer;
    }
    return await outcome;
  }

  get #loginTimeoutMs(): number {
    return this.#options.loginTimeoutMs ?? LOGIN_TIMEOUT_MS;
  }

  /** How it proves itself by HTTP: as by frames. */
  #authorization({ user, password }: ServerAddress): string | undefined {
    const { token } = this.#options;
    const kept = typeof token === 'object' ? token.load() : undefined;
    if (kept !== undefined) return `Bearer ${kept}`;
    return user === undefined || password === undefined ? undefined : basic(user, password);
  }

  #connect(address: ServerAddress): Connection {
    const { url, text: where, user, password, ca } = address;
    const clientId = this.#clientId;
    const {
      protocol,
      reconnect = true,
      takeOver = true,
      heartbeatInterval = 30,
      heartbeatTimeout = 60,
      token,
      pair: code,
    } = this.#options;
    const handler = this.#conversationHandler();
    const text = new TextConversation(
      {
        clientId,
        heartbeatMs: heartbeatInterval * 1000,
        silentMs: heartbeatTimeout * 1000,
        asksForReceipts: protocol === 'crosscomm',
        takesOver: takeOver,
      },
      handler,
    );
    // A token that is no memory came with the address.
    const pairing = typeof token === 'object' ? { memory: token, ...(code === undefined ? {} : { code }) } : undefined;
    const spoken = {
      frames:
        protocol === 'crosscomm' ? undefined : new FrameConversation({ clientId, user, password, pairing }, handler),
      text: protocol === 'frames' ? undefined : text,
    };
    const options = { url, ca, handshakeMs: this.#loginTimeoutMs, reconnects: reconnect };
    const connection = new Connection(options, this.#platform, spoken, { lost: (loss) => this.#lost(loss, where) });
    this.#conversations = [spoken.frames, spoken.text].filter((conversation) => conversation !== undefined);
    this.#frames = spoken.frames;
    this.#address = address;
    this.#connection = connection;
    const channels = [...this.#handler.channels()];
    if (channels.length > 0) void this.subscribe(channels);
    for (const { channel, key } of this.#handler.fields()) this.keep(channel, key);
    if (this.#description !== undefined) void this.describe(this.#description);
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

  #lost(loss: Loss, where: string): void {
    const { why: reason, closed } = loss;
    if (this.#login) this.#refuse(unreachable(where, loss));
    else if (this.#options.reconnect === false) void this.end(reason, closed);
    else this.#become({ state: 'reconnecting', protocol: undefined, reason, ...(closed && { closed }) });
  }

  #become(status: Status): void {
    this.#status = status;
    this.#handler.status(status);
  }
}

function unreachable(where: string, { why, cause, closed }: Loss): CrossCommError {
  const details = { reason: why, closed, ...(cause === undefined ? {} : { cause }) };
  return new CrossCommError('unreachable', `No server is to be had at ${where}: ${why}.`, details);
}

function notLoggedIn(): CrossCommError {
  return new CrossCommError('not_logged_in', 'Not connected: log in first (`await client.login()`).');
}

/** Files go by frames to a gateway; pywayne's own server knows nothing of them. */
function noStore(): CrossCommError {
  const what = "By CrossComm's text no files are sent, and pywayne's own server keeps none";
  return new CrossCommError('not_supported', `${what}: give an object store as \`objects\`.`);
}
