import { CODES, type CodeName, fileNameOf, type Value, type ValueMap, valueToJsonText } from '@crosscomm/protocol';
import { toPlain } from './content.ts';
import type {
  CallAnswer,
  CallRequest,
  Conversation,
  ConversationHandler,
  Delivery,
  ListedClient,
} from './conversation.ts';
import { CommMsgType, type ContentType, isContentType, type Message, SERVER } from './message.ts';
import { freshMessageId } from './message-id.ts';
import { randomHex, systemClock } from './system.ts';
import { decodeText, encodeText, fromBase64, parseObject, type TextMessage } from './text-codec.ts';

export interface TextConversationOptions {
  clientId: string;
  /** Milliseconds between two heartbeats. */
  heartbeatMs: number;
  /** Milliseconds after which a server that answers nothing counts as gone. */
  silentMs: number;
}

/** The connection of a text conversation. */
export interface TextLink {
  send(text: string): void;
  /** The server is silent: the connection is to be given up. */
  lost(): void;
}

interface OpenCall {
  settle(answer: CallAnswer): void;
  cancel: () => void;
}

const LIST_TIMEOUT_MS = 5000;
const NOT_CONNECTED: Delivery = { accepted: false, delivered: 0, reason: 'offline' };
const SENT: Delivery = { accepted: true, delivered: undefined, reason: undefined };

/**
 * The conversation with pywayne's server, in CrossComm's own text protocol: at most once, and nobody says what became of it.
 * Channels and calls work as far as other clients of that server know them.
 */
export class TextConversation implements Conversation {
  readonly #options: TextConversationOptions;
  readonly #handler: ConversationHandler;
  readonly #channels = new Set<string>();
  readonly #calls = new Map<string, OpenCall>();
  readonly #lists = new Set<(clients: ListedClient[] | undefined) => void>();
  #link: TextLink | undefined;
  #isOnline = false;
  #heardMs = 0;
  #cancelHeartbeat: () => void = () => {};

  constructor(options: TextConversationOptions, handler: ConversationHandler) {
    this.#options = options;
    this.#handler = handler;
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** Whether a connection speaks text. */
  get isLinked(): boolean {
    return this.#link !== undefined;
  }

  /** What makes every CrossComm server answer, also before the login. */
  get probe(): string {
    return this.#encode(CommMsgType.LIST_CLIENTS, SERVER, '{"only_show_online": true}');
  }

  linkUp(link: TextLink): void {
    this.#link = link;
    this.#heardMs = systemClock.now();
    this.#write(CommMsgType.LOGIN, SERVER, new Map());
    this.#beat();
  }

  linkDown(): void {
    this.#link = undefined;
    this.#isOnline = false;
    this.#cancelHeartbeat();
    for (const settle of this.#lists) settle(undefined);
    this.#lists.clear();
    for (const id of [...this.#calls.keys()]) this.#answered(id, { code: CODES.offline, value: null, text: '' });
  }

  receive(text: string): void {
    this.#heardMs = systemClock.now();
    const message = decodeText(text);
    if (message === undefined) return;
    if (message.type === CommMsgType.LOGIN_RESPONSE) this.#welcomed();
    else if (message.type === CommMsgType.LIST_CLIENTS_RESPONSE) this.#listed(message);
    else if (isContentType(message.type)) this.#heard(message, message.type);
  }

  async send(to: string, value: Value, type: ContentType): Promise<Delivery> {
    const content = type === 'json' ? valueToJsonText(value) : value;
    return this.#write(type, to, content) ? SENT : NOT_CONNECTED;
  }

  async subscribe(channel: string): Promise<CodeName | undefined> {
    this.#channels.add(channel);
    this.#write(CommMsgType.DICT, SERVER, new Map([['subscribe', [channel]]]));
    return undefined;
  }

  unsubscribe(channel: string): void {
    if (this.#channels.delete(channel)) this.#write(CommMsgType.DICT, SERVER, new Map([['unsubscribe', [channel]]]));
  }

  /** Nothing: pywayne's server keeps nothing. */
  keep(): void {}

  call(to: string, name: string, args: Value, timeoutMs: number): Promise<CallAnswer> {
    return new Promise((resolve) => {
      const id = randomHex(16);
      const fields: ValueMap = new Map([...fieldsOf(args), ['_MESSAGE_HANDLE', name], ['_MESSAGE_ID', id]]);
      if (!this.#write(CommMsgType.DICT, to, fields)) {
        resolve({ code: CODES.offline, value: null, text: '' });
        return;
      }
      const end = (): void => this.#answered(id, { code: CODES.timeout, value: null, text: '' });
      this.#calls.set(id, { settle: resolve, cancel: systemClock.after(timeoutMs, end) });
    });
  }

  list(onlyOnline: boolean): Promise<ListedClient[] | undefined> {
    return new Promise((resolve) => {
      if (!this.#write(CommMsgType.LIST_CLIENTS, SERVER, `{"only_show_online": ${onlyOnline}}`)) {
        resolve(undefined);
        return;
      }
      const settle = (clients: ListedClient[] | undefined): void => {
        cancel();
        resolve(clients);
      };
      const cancel = systemClock.after(LIST_TIMEOUT_MS, () => {
        this.#lists.delete(settle);
        resolve(undefined);
      });
      this.#lists.add(settle);
    });
  }

  stop(): void {
    if (this.#isOnline) this.#write(CommMsgType.LOGOUT, SERVER, new Map());
    this.linkDown();
  }

  #welcomed(): void {
    this.#isOnline = true;
    if (this.#channels.size > 0) {
      this.#write(CommMsgType.DICT, SERVER, new Map([['subscribe', [...this.#channels]]]));
    }
    this.#handler.online(false);
  }

  /** Where the server has said nothing for long, it is asked for something that every server answers. */
  #beat(): void {
    const silentMs = systemClock.now() - this.#heardMs;
    if (silentMs >= this.#options.silentMs) {
      this.#link?.lost();
      return;
    }
    this.#write(CommMsgType.HEARTBEAT, SERVER, new Map());
    if (silentMs * 2 >= this.#options.silentMs) this.#link?.send(this.probe);
    this.#cancelHeartbeat = systemClock.after(this.#options.heartbeatMs, () => this.#beat());
  }

  #heard({ msgId, from, to, content, timestamp, ossKey }: TextMessage, msgType: ContentType): void {
    if (msgType === 'dict' && content instanceof Map && this.#isCall(content, from, to)) return;
    const isObject = msgType === 'file' || msgType === 'image' || msgType === 'folder';
    const fileName = isObject ? fileNameOf(String(content), ossKey ?? undefined) : null;
    const message = { msgId, fromClientId: from, toClientId: to, msgType, timestamp, ossKey, fileName };
    const plain = msgType === 'bytes' && typeof content === 'string' ? fromBase64(content) : toPlain(content);
    this.#handler.message({ ...message, content: plain ?? content } satisfies Message);
  }

  /** Calls are dicts with OOCSI's fields. */
  #isCall(fields: ValueMap, from: string, to: string): boolean {
    const id = fields.get('_MESSAGE_ID');
    const name = fields.get('_MESSAGE_HANDLE');
    if (typeof id !== 'string') return false;
    const value: ValueMap = new Map([...fields].filter(([key]) => !String(key).startsWith('_MESSAGE_')));
    if (this.#calls.has(id) && from !== this.#options.clientId) {
      const code = fields.get('_MESSAGE_ERROR');
      const text = fields.get('_MESSAGE_TEXT');
      this.#answered(id, {
        code: typeof code === 'number' ? code : CODES.ok,
        value,
        text: typeof text === 'string' ? text : '',
      });
      return true;
    }
    if (typeof name !== 'string') return false;
    const answer = (more: ValueMap): void => {
      this.#write(CommMsgType.DICT, from, new Map([...more, ['_MESSAGE_ID', id]]));
    };
    const call: CallRequest = {
      function: name,
      args: value,
      channel: to === this.#options.clientId ? null : to,
      from,
      reply: (result) => answer(fieldsOf(result)),
      fail: (code, text) =>
        answer(
          new Map<string, Value>([
            ['_MESSAGE_ERROR', code],
            ['_MESSAGE_TEXT', text],
          ]),
        ),
    };
    this.#handler.call(call);
    return true;
  }

  #answered(id: string, answer: CallAnswer): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    call?.cancel();
    call?.settle(answer);
  }

  #listed({ content }: TextMessage): void {
    const clients = typeof content === 'string' ? parseObject(content)?.get('clients') : undefined;
    const list = Array.isArray(clients)
      ? clients.filter((client) => client instanceof Map).map(listedClient)
      : undefined;
    // Answers have no number, but they come in the order of the questions.
    const [first] = this.#lists;
    if (first === undefined) return;
    this.#lists.delete(first);
    first(list);
  }

  #write(type: string, to: string, content: Value): boolean {
    if (this.#link === undefined) return false;
    this.#link.send(this.#encode(type, to, content));
    return true;
  }

  #encode(type: string, to: string, content: Value): string {
    const { clientId } = this.#options;
    const timestamp = Date.now() / 1000;
    return encodeText({ msgId: freshMessageId(clientId), from: clientId, to, type, content, timestamp, ossKey: null });
  }
}

function fieldsOf(value: Value): ValueMap {
  if (value instanceof Map) return value;
  if (value === null) return new Map();
  return new Map([[typeof value === 'string' ? 'text' : 'json', value]]);
}

function listedClient(client: ValueMap): ListedClient {
  const number = (key: string): number | null => {
    const value = toPlain(client.get(key) ?? null);
    return typeof value === 'number' ? value : null;
  };
  return {
    clientId: String(client.get('client_id')),
    status: client.get('status') === 'online' ? 'online' : 'offline',
    lastHeartbeat: number('last_heartbeat'),
    loginTime: number('login_time'),
  };
}
