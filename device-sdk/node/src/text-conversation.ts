import { CODES, type CodeName, fileNameOf, type Value, type ValueMap, valueToJsonText } from '@crosscomm/protocol';
import { type SentContent, toPlain } from './content.ts';
import {
  type CallAnswer,
  type Conversation,
  type ConversationHandler,
  type Delivery,
  type DescriptionAnswer,
  type ListedClient,
  notSent,
  type RefusedChannel,
} from './conversation.ts';
import { JsonText } from './json-text.ts';
import { CommMsgType, type ContentType, isContentType, Message, SERVER } from './message.ts';
import { freshMessageId } from './message-id.ts';
import { systemClock } from './system.ts';
import { TextCalls } from './text-calls.ts';
import { contentText, decodeText, encodeText, fromBase64, type TextMessage } from './text-codec.ts';
import { TextLists } from './text-lists.ts';
import { TextReceipts } from './text-receipts.ts';

export interface TextConversationOptions {
  clientId: string;
  /** Milliseconds between two heartbeats. */
  heartbeatMs: number;
  /** Milliseconds after which a server that answers nothing counts as gone. */
  silentMs: number;
  /** Ask for a receipt of each message, which a gateway gives. */
  asksForReceipts: boolean;
  /** The first login may end a connection of another program with this id. */
  takesOver: boolean;
}

/** The connection of a text conversation. */
export interface TextLink {
  send(text: string): void;
  /** The server is silent: the connection is to be given up. */
  lost(): void;
}

/** The type of a receipt, which only those get who have asked for it. */
const RECEIPT = 'receipt';
/** The longest message that CrossComm carries, in bytes of UTF-8. */
const MAX_BYTES = 1024 * 1024;

/**
 * The conversation in CrossComm's own text protocol, with pywayne's server or a gateway: at most once. What became of a message says a
 * gateway that is asked for receipts, and nobody else. With pywayne's server channels and calls work as far as its other clients know them.
 */
export class TextConversation implements Conversation {
  readonly #options: TextConversationOptions;
  readonly #handler: ConversationHandler;
  readonly #channels = new Set<string>();
  readonly #calls: TextCalls;
  readonly #lists = new TextLists();
  readonly #receipts = new TextReceipts(Object.keys(CODES));
  #link: TextLink | undefined;
  #isOnline = false;
  /** It was online once, so a connection with its id is most likely its own. */
  #wasOnline = false;
  #heardMs = 0;
  /** Whether what comes is left where it is, so that silence says nothing. */
  #isPaused = false;
  #cancelHeartbeat: () => void = () => {};

  constructor(options: TextConversationOptions, handler: ConversationHandler) {
    this.#options = options;
    this.#handler = handler;
    this.#calls = new TextCalls({
      clientId: options.clientId,
      write: (to, fields) => this.#write(CommMsgType.DICT, to, fields) !== undefined,
      call: (call) => handler.call(call),
    });
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
    return this.#encode(CommMsgType.LIST_CLIENTS, SERVER, onlyShowOnline(true)).text;
  }

  linkUp(link: TextLink): void {
    this.#link = link;
    this.#heardMs = systemClock.now();
    this.#isPaused = false;
    // A login is a sign of life itself.
    this.#cancelHeartbeat = systemClock.after(this.#options.heartbeatMs, () => this.#beat());
    if (this.#options.takesOver || this.#wasOnline) this.#logIn();
    else void this.#logInUnlessTaken();
  }

  linkDown(): void {
    this.#link = undefined;
    this.#isOnline = false;
    this.#cancelHeartbeat();
    this.#lists.drop();
    this.#receipts.drop();
    this.#calls.drop();
  }

  /** What comes is left unread for a while, or read again. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#heardMs = systemClock.now();
  }

  receive(text: string): void {
    this.#heardMs = systemClock.now();
    const message = decodeText(text);
    if (message === undefined) return;
    if (message.type === CommMsgType.LOGIN_RESPONSE) this.#answered(message.content);
    else if (message.type === CommMsgType.LIST_CLIENTS_RESPONSE) {
      this.#receipts.answeredLater();
      this.#lists.take(message.content);
    } else if (message.type === RECEIPT) this.#receipts.take(message.content);
    else if (isContentType(message.type)) this.#heard(message, message.type, text);
  }

  async send(to: string, content: SentContent, type: ContentType): Promise<Delivery> {
    if (this.#link === undefined) return notSent('offline');
    const { id: msgId, text } = this.#encode(type, to, type === 'json' ? jsonOf(content) : content);
    if (!fits(text)) return notSent('too_large');
    this.#link.send(text);
    const answer = await this.#receipts.of(msgId);
    if (answer === 'none')
      return { accepted: true, delivered: undefined, refused: undefined, reason: undefined, msgId };
    if (answer === 'lost')
      return { accepted: false, delivered: undefined, refused: undefined, reason: 'offline', msgId };
    return { ...answer, accepted: answer.reason === undefined || answer.delivered > 0, msgId };
  }

  async subscribe(channels: readonly string[]): Promise<RefusedChannel[]> {
    for (const channel of channels) this.#channels.add(channel);
    const code = await this.#subscribe(channels);
    if (code === undefined) return [];
    if (channels.length === 1) return channels.map((channel) => ({ channel, code }));
    // The answer says how many and not which, so each is asked for again.
    const refused: RefusedChannel[] = [];
    for (const channel of channels) {
      const code = await this.#subscribe([channel]);
      if (code !== undefined) refused.push({ channel, code });
    }
    return refused;
  }

  unsubscribe(channel: string): void {
    if (this.#channels.delete(channel)) this.#instruct(new Map([['unsubscribe', [channel]]]));
  }

  /** Nothing: by text nobody can ask for it. */
  keep(): void {}

  /** By text nobody can tell what it has. */
  async describe(): Promise<DescriptionAnswer> {
    return { code: CODES.not_supported, text: '' };
  }

  call(to: string, name: string, args: Value, timeoutMs: number): Promise<CallAnswer> {
    return this.#calls.call(to, name, args, timeoutMs);
  }

  async list(onlyOnline: boolean): Promise<ListedClient[] | undefined> {
    if (this.#write(CommMsgType.LIST_CLIENTS, SERVER, onlyShowOnline(onlyOnline)) === undefined) return undefined;
    return await this.#lists.asked();
  }

  stop(): void {
    this.#write(CommMsgType.LOGOUT, SERVER, new Map());
    this.linkDown();
  }

  #logIn(): void {
    this.#write(CommMsgType.LOGIN, SERVER, new Map());
  }

  async #logInUnlessTaken(): Promise<void> {
    const link = this.#link;
    const clients = await this.list(false);
    if (this.#link !== link) return;
    const isTaken = clients?.some(({ clientId, status }) => clientId === this.#options.clientId && status === 'online');
    if (isTaken) this.#handler.refused('id_taken', '', false);
    else this.#logIn();
  }

  /** The server has answered the login; pywayne's never refuses one. */
  #answered(content: Value): void {
    const answer = content instanceof Map ? content : undefined;
    if (answer?.get('status') === 'error') {
      const why = answer.get('message');
      this.#handler.refused('not_allowed', typeof why === 'string' ? why : '', false);
      return;
    }
    if (this.#isOnline) return;
    this.#isOnline = true;
    this.#wasOnline = true;
    if (this.#options.asksForReceipts) {
      this.#instruct(new Map([['receipts', true]]));
      this.#receipts.asked();
    }
    if (this.#channels.size > 0) this.#instruct(new Map([['subscribe', [...this.#channels]]]));
    this.#handler.online(false);
  }

  /** Why the server refuses some of them; undefined where it does not, or does not say. */
  async #subscribe(channels: readonly string[]): Promise<CodeName | undefined> {
    const id = this.#instruct(new Map([['subscribe', [...channels]]]));
    const answer = id === undefined ? 'lost' : await this.#receipts.of(id);
    return typeof answer === 'object' && answer.refused > 0 ? answer.reason : undefined;
  }

  /** Where the server has said nothing for long, it is asked for something that every server answers. */
  #beat(): void {
    const silentMs = this.#isPaused ? 0 : systemClock.now() - this.#heardMs;
    if (silentMs >= this.#options.silentMs) {
      this.#link?.lost();
      return;
    }
    this.#write(CommMsgType.HEARTBEAT, SERVER, new Map());
    if (silentMs * 2 >= this.#options.silentMs) this.#link?.send(this.probe);
    this.#cancelHeartbeat = systemClock.after(this.#options.heartbeatMs, () => this.#beat());
  }

  #heard({ msgId, from, to, content, timestamp, ossKey }: TextMessage, msgType: ContentType, text: string): void {
    if (msgType === 'dict' && content instanceof Map && this.#calls.take(content, from, to)) return;
    const isObject = msgType === 'file' || msgType === 'image' || msgType === 'folder';
    const fileName = isObject ? fileNameOf(String(content), ossKey ?? undefined) : null;
    const fields = { msgId, fromClientId: from, toClientId: to, msgType, timestamp, ossKey, fileName };
    const plain = msgType === 'bytes' && typeof content === 'string' ? fromBase64(content) : toPlain(content);
    const message = new Message({ ...fields, content: plain ?? content }, () => contentText(text, msgType));
    this.#handler.message(message, undefined);
  }

  #instruct(request: ValueMap): string | undefined {
    return this.#write(CommMsgType.DICT, SERVER, request);
  }

  /** Returns the message's id; undefined where there is no connection. */
  #write(type: string, to: string, content: Value): string | undefined {
    if (this.#link === undefined) return undefined;
    const { id, text } = this.#encode(type, to, content);
    this.#link.send(text);
    return id;
  }

  #encode(type: string, to: string, content: SentContent): { id: string; text: string } {
    const { clientId } = this.#options;
    const id = freshMessageId(clientId);
    const timestamp = Date.now() / 1000;
    return { id, text: encodeText({ msgId: id, from: clientId, to, type, content, timestamp, ossKey: null }) };
  }
}

function onlyShowOnline(isWanted: boolean): string {
  return `{"only_show_online": ${isWanted}}`;
}

/** Whether CrossComm carries a text: few are so long that their bytes have to be counted. */
function fits(text: string): boolean {
  return text.length * 3 <= MAX_BYTES || new TextEncoder().encode(text).length <= MAX_BYTES;
}

/** The content of type `json` is a string of JSON. */
function jsonOf(content: SentContent): string {
  return content instanceof JsonText ? content.text : valueToJsonText(content);
}
