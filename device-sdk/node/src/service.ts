import { CODES } from '@crosscomm/protocol';
import { isChannel } from './channel-name.ts';
import { ClientSession } from './client-session.ts';
import { contentOf, toPlain, toValue, typeOf } from './content.ts';
import { type Delivery, notSent } from './conversation.ts';
import type { DeviceDescription } from './device-description.ts';
import { CrossCommError } from './error.ts';
import { isAuto, optionsFor } from './found-gateway.ts';
import { codeName } from './frame-conversation.ts';
import { freshClientId } from './identity.ts';
import { KeptVariables } from './kept-variables.ts';
import { Listeners } from './listeners.ts';
import { ALL, type ContentType, isContentType, type ValueType } from './message.ts';
import { Offers } from './offers.ts';
import type {
  CallHandler,
  ChannelHandler,
  ClientList,
  CrossCommOptions,
  ListenerFilter,
  MessageHandler,
  ObjectBlob,
  SendOptions,
  Status,
} from './options.ts';
import type { OwnGateway, Platform } from './platform.ts';
import { addressIn } from './server-address.ts';
import { isObjectType, ServiceFiles } from './service-files.ts';
import { systemClock } from './system.ts';
import { Variable, type VariableOptions } from './variable.ts';

const CALL_TIMEOUT_MS = 5000;
/** How long what was sent may take to arrive before a logout. */
const FLUSH_MS = 2000;

/** What a client of CrossComm does, on any platform. */
export abstract class BaseService {
  readonly role: 'client' | 'server';
  readonly clientId: string;
  readonly #platform: Platform;
  readonly #options: CrossCommOptions;
  readonly #listeners: Listeners;
  readonly #files: ServiceFiles;
  readonly #offers: Offers;
  readonly #kept = new KeptVariables();
  readonly #session: ClientSession;
  readonly #statusHandlers = new Set<(status: Status) => void>();
  readonly #unsettled = new Set<Promise<unknown>>();
  #gateway: OwnGateway | undefined;

  constructor(options: CrossCommOptions, platform: Platform) {
    this.#platform = platform;
    this.#options = options;
    this.role = options.role ?? 'client';
    this.clientId = options.clientId ?? freshClientId();
    this.#offers = new Offers(this.clientId);
    this.#files = new ServiceFiles({
      platform,
      objects: options.objects,
      frames: () => this.#session.frames,
      place: () => this.#session.objectsPlace,
    });
    this.#listeners = new Listeners(
      (key, directory) => this.#files.downloadTo(key, directory),
      (error) => platform.report(error),
    );
    this.#session = new ClientSession(this.clientId, options, platform, {
      status: (status) => {
        for (const handler of this.#statusHandlers) this.#listeners.guard(() => handler(status));
      },
      began: () => this.#kept.asked(),
      message: (message, channel) => {
        if (message.fromClientId !== this.clientId) this.#listeners.hear(message, channel);
      },
      kept: (channel, key, value) => {
        for (const variable of this.#kept.of(channel, key)) this.#listeners.guard(() => variable.receiveKept(value));
      },
      call: (call) => this.#offers.answer(call),
      channels: () => this.#channels(),
      fields: () => this.#kept.fields,
    });
  }

  /** How it stands with the server. */
  get status(): Status {
    return this.#session.status;
  }

  /**
   * Connects to the server, and stays connected until `logout`: a lost connection comes back by itself, with its subscriptions, and
   * with what was sent meanwhile. Resolves once this client is online.
   *
   * @throws CrossCommError `unreachable`, `timeout`, or the code by which the gateway refuses it: `id_taken`, `credentials`, ...
   */
  async login(): Promise<true> {
    if (this.role === 'server') {
      throw new CrossCommError('wrong_role', 'A server does not log in: call startServer(), or make a client.');
    }
    const options = isAuto(this.#options)
      ? optionsFor(this.#options, await this.#platform.findGateways())
      : this.#options;
    await this.#session.open(addressIn(options, this.clientId));
    return true;
  }

  /** Says goodbye, after what was sent has arrived, or two seconds at most. Subscriptions and listeners stay for another login. */
  async logout(): Promise<void> {
    if (!this.#session.isOpen) return;
    if (this.#session.isOnline) await this.#flush();
    await this.#session.end('logged out');
  }

  /**
   * Starts a gateway in this process, for role `server`; resolves once it listens. Listeners and subscriptions hear what is sent to
   * `all`, to this service's own id, and to the channels that it subscribes to.
   *
   * @throws CrossCommError `no_gateway` where the package @crosscomm/gateway is not installed; what the gateway throws, for example
   *   where the port is in use
   */
  async startServer(): Promise<void> {
    if (this.role !== 'server')
      throw new CrossCommError('wrong_role', 'A client does not start a server: call login().');
    if (this.#gateway !== undefined) return;
    this.#gateway = await this.#platform.startGateway(this.#options);
    try {
      await this.#session.open(this.#gateway.address);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Where the server listens, once it was started. */
  get address(): { host: string; port: number } | undefined {
    return this.#gateway?.listensAt;
  }

  /** Ends whatever runs: the connection, and the server. */
  async stop(): Promise<void> {
    await this.logout();
    const gateway = this.#gateway;
    this.#gateway = undefined;
    await gateway?.stop();
  }

  /**
   * Sends a message; `content` is what `msgType` asks for. It is kept and sent again until the server has it.
   * Resolves to true where the gateway has it and somebody gets it, or nobody was asked for by name; to false where it was refused,
   * or its recipient is not there. pywayne's server tells nothing, so there it is true once it is sent.
   *
   * A file or an image is a path, or a Blob; a folder is a path, or in a browser the files of one that a person chose. It is true once
   * the gateway has all of it on its disk, and who it is for hears of it then.
   *
   * @throws CrossCommError `not_logged_in`, `bad_content`; for files also `not_supported`, `offline`, `too_large`, `storage_full`, ...
   */
  async sendMessage(
    content: unknown,
    msgType: ContentType,
    toClientId: string = ALL,
    { progress }: SendOptions = {},
  ): Promise<boolean> {
    if (!isContentType(msgType)) {
      throw new CrossCommError('bad_content', `"${String(msgType)}" is no type of message: take one of CommMsgType.`);
    }
    if (isObjectType(msgType)) {
      const report = (stored: number, size: number): void => {
        if (progress) this.#listeners.guard(() => progress(stored, size));
      };
      return await this.#settled(this.#files.send(content, msgType, toClientId, report));
    }
    const { accepted, reason } = await this.#send(toClientId, content, msgType);
    return accepted || (toClientId === ALL && reason === 'no_recipient');
  }

  /**
   * Sends to a channel, or to a client by its id: an object is a dict, a string a text, a Uint8Array bytes, a JsonText what it says, all
   * else JSON. It is kept and sent again until the gateway has it; by CrossComm's text it is sent once. Resolves to what became of it.
   *
   * @throws CrossCommError `not_logged_in`, `bad_content`
   */
  async send(channel: string, content: unknown): Promise<Delivery> {
    return this.#send(channel, content, typeOf(content));
  }

  /**
   * Calls `handler` with each message that the filter lets through; never with one of this client's own. Returns what ends that.
   * What a handler throws or rejects with is reported and harms nobody.
   */
  messageListener(filter: ListenerFilter, handler: MessageHandler): () => void {
    return this.#listeners.listen(filter, handler);
  }

  /** Calls `handler` whenever it stands otherwise with the server. Returns what ends that. */
  statusListener(handler: (status: Status) => void): () => void {
    this.#statusHandlers.add(handler);
    return () => this.#statusHandlers.delete(handler);
  }

  /** Runs a handler in its turn; what it throws is reported, as that of a listener. */
  guard(handler: () => unknown): void {
    this.#listeners.guard(handler);
  }

  /**
   * Leaves messages in the connection until `resume`, or until it is lost, for a program that cannot take them as fast as they come: what
   * a gateway's queue for this client has no room for is refused to its senders. Only in Node, and with `protocol: 'crosscomm'`.
   *
   * @throws CrossCommError `not_supported`
   */
  pause(): void {
    this.#session.pause(true);
  }

  /** Takes messages again. Throws as `pause` does. */
  resume(): void {
    this.#session.pause(false);
  }

  /**
   * Who is there, on any wire.
   *
   * @throws CrossCommError `not_logged_in`, `timeout`
   */
  async listClients({ onlyShowOnline = true }: { onlyShowOnline?: boolean } = {}): Promise<ClientList> {
    const clients = await this.#session.conversation.list(onlyShowOnline);
    if (clients === undefined) throw new CrossCommError('timeout', 'The server sent no list of clients.');
    return { clients, totalCount: clients.length, onlyShowOnline };
  }

  /** The ids of everybody who is online. Throws as `listClients` does. */
  async getOnlineClients(): Promise<string[]> {
    const { clients } = await this.listClients();
    return clients.map(({ clientId }) => clientId);
  }

  /**
   * Downloads an object by the key that came in a message's `ossKey` to that path below the directory; a key that ends with `/` is a
   * folder. A download that is cut goes on where it was. Resolves to true.
   *
   * @throws CrossCommError `no_file`, `name_invalid`, `unreachable`, `not_logged_in`, ...; `not_supported` in a browser
   */
  async downloadFileManually(ossKey: string, directory: string): Promise<boolean> {
    await this.#files.downloadTo(ossKey, directory);
    return true;
  }

  /**
   * Gets an object by the key that came in a message's `ossKey`, into memory: its content, its content type, and its name. A download that is
   * cut goes on where it was.
   *
   * @throws CrossCommError `name_invalid` for a folder, `no_file`, `unreachable`, `not_logged_in`, ...; `not_supported` where files are
   *   not in a gateway
   */
  async download(ossKey: string): Promise<ObjectBlob> {
    return await this.#files.download(ossKey);
  }

  /**
   * Subscribes to a channel, or to several together: a name, a pattern such as `lab/+/temperature`, a private channel `name:password`,
   * or a functional one. Resolves to what ends it, once the gateway has confirmed it (at once while not online).
   *
   * @throws CrossCommError where the gateway refuses one of them, and then there is none: `not_allowed`, `name_invalid`, `too_many`; its
   *   `channels` are those that were refused
   */
  async subscribe(channels: string | readonly string[], handler: ChannelHandler): Promise<() => void> {
    const wanted = typeof channels === 'string' ? [channels] : [...channels];
    const removals = wanted.map((channel) => this.#listeners.subscribe(channel, handler));
    const end = (): void => {
      for (const [index, remove] of removals.entries()) if (remove()) this.#leave(wanted[index] as string);
    };
    await this.#join(wanted, end);
    return end;
  }

  /**
   * Calls a function that a client offers, or a client of a channel: OOCSI's calls. Resolves to the answer's fields.
   * Waits `timeoutMs`, by default 5000; a gateway waits 60 s at most.
   *
   * @throws CrossCommError `timeout`, `no_recipient`, `no_function`, `call_failed`, `offline`, `not_logged_in`, `bad_content`
   */
  async call(
    channel: string,
    name: string,
    data: unknown = {},
    { timeoutMs = CALL_TIMEOUT_MS }: { timeoutMs?: number } = {},
    // biome-ignore lint/suspicious/noExplicitAny: what it is depends on who answers, which no type here can know.
  ): Promise<any> {
    const { code, value, text } = await this.#session.conversation.call(channel, name, toValue(data), timeoutMs);
    if (code === CODES.ok) return toPlain(value);
    const reason = codeName(code);
    const why = text === '' ? reason.replaceAll('_', ' ') : text;
    throw new CrossCommError(reason, `The call of ${name} at ${channel} failed: ${why}.`);
  }

  /**
   * Offers a function to those who call it at the channel; this client's own id is one. Resolves to what ends the offer.
   * What the handler returns is the answer, mostly an object; where it throws, the call fails with that error's message.
   *
   * @throws CrossCommError as `subscribe`
   */
  async register(channel: string, name: string, handler: CallHandler): Promise<() => void> {
    const remove = this.#offers.add(channel, name, handler);
    const end = (): void => {
      if (remove()) this.#leave(channel);
    };
    await this.#join([channel], end);
    return end;
  }

  /**
   * Tells what this client has, so that Home Assistant and other programs show it; it is told again after each login. Resolves once the gateway has
   * taken it (at once while not online).
   *
   * @throws CrossCommError `malformed`, `not_allowed`, `too_large`; `not_supported` by CrossComm's text, and by an older gateway
   */
  async describe(description: DeviceDescription): Promise<void> {
    const answer = await this.#session.describe(toValue(description));
    if (answer === undefined || answer.code === CODES.ok) return;
    const code = codeName(answer.code);
    const where = answer.text === '' ? '' : ` (${answer.text})`;
    throw new CrossCommError(code, `The gateway refuses the description: ${code.replaceAll('_', ' ')}${where}.`);
  }

  /**
   * A value in common with everybody who names the same channel and key; with `keep` the gateway keeps the last one. Where the gateway
   * refuses the channel, that is reported as an error of a listener is.
   */
  variable<T = unknown>(channel: string, key: string, options: VariableOptions = {}): Variable<T> {
    const keep = (): void => {
      if (isChannel(channel)) this.#session.keep(channel, key);
    };
    const variable = new Variable<T>(channel, key, { send: (value) => this.send(channel, value), keep }, options);
    const handler: ChannelHandler = (data: unknown, { fromClientId }) => {
      if (typeof data !== 'object' || data === null || !Object.hasOwn(data, key)) return;
      variable.receive((data as Record<string, T>)[key] as T, fromClientId);
    };
    this.subscribe(channel, handler).catch((error: unknown) => this.#platform.report(error));
    if (variable.keeps && isChannel(channel)) {
      this.#kept.add(variable as Variable);
      keep();
    }
    return variable;
  }

  async #send(to: string, content: unknown, type: ValueType): Promise<Delivery> {
    const { conversation } = this.#session;
    if (!isChannel(to)) return notSent('name_invalid');
    return await this.#settled(conversation.send(to, contentOf(content, type), type));
  }

  /** A logout waits for it, for a while. */
  async #settled<T>(sent: Promise<T>): Promise<T> {
    this.#unsettled.add(sent);
    try {
      return await sent;
    } finally {
      this.#unsettled.delete(sent);
    }
  }

  async #flush(): Promise<void> {
    let cancel = (): void => {};
    const timeUp = new Promise<void>((resolve) => {
      cancel = systemClock.after(FLUSH_MS, resolve);
    });
    await Promise.race([Promise.allSettled([...this.#unsettled]), timeUp]);
    cancel();
  }

  #channels(): Set<string> {
    const channels = new Set([...this.#listeners.channels, ...this.#offers.channels]);
    channels.delete(this.clientId);
    return channels;
  }

  async #join(channels: readonly string[], undo: () => void): Promise<void> {
    const unfit = channels.filter((channel) => !isChannel(channel));
    if (unfit.length > 0) {
      undo();
      const names = unfit.map((channel) => JSON.stringify(channel.slice(0, 100))).join(', ');
      throw new CrossCommError('name_invalid', `No channel can have the name ${names}.`, { channels: unfit });
    }
    const others = channels.filter((channel) => channel !== this.clientId);
    if (!this.#session.isOpen || others.length === 0) return;
    const { isOnline } = this.#session;
    const confirmed = this.#session.subscribe(others);
    const refused = isOnline ? (await confirmed).filter(({ code }) => code !== 'offline') : [];
    const [first] = refused;
    if (first === undefined) return;
    undo();
    const names = refused.map(({ channel }) => channel);
    const what = `the channel${names.length > 1 ? 's' : ''} ${names.join(', ')}`;
    throw new CrossCommError(first.code, `The gateway refuses ${what}: ${first.code.replaceAll('_', ' ')}.`, {
      channels: names,
    });
  }

  #leave(channel: string): void {
    if (channel === this.clientId || this.#channels().has(channel)) return;
    this.#session.unsubscribe(channel);
  }
}
