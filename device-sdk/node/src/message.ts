/** The types of messages, as CrossComm names them. */
export const CommMsgType = {
  TEXT: 'text',
  JSON: 'json',
  DICT: 'dict',
  BYTES: 'bytes',
  IMAGE: 'image',
  FILE: 'file',
  FOLDER: 'folder',
  HEARTBEAT: 'heartbeat',
  LOGIN: 'login',
  LOGOUT: 'logout',
  LIST_CLIENTS: 'list_clients',
  LIST_CLIENTS_RESPONSE: 'list_clients_response',
  LOGIN_RESPONSE: 'login_response',
} as const;

export type CommMsgType = (typeof CommMsgType)[keyof typeof CommMsgType];

/** The types that a person sends and listens to; the others are between client and server. */
export type ContentType = 'text' | 'json' | 'dict' | 'bytes' | 'image' | 'file' | 'folder';

/** Those whose content goes with the message; that of the others is in the object store. */
export type ValueType = Exclude<ContentType, 'file' | 'image' | 'folder'>;

/** The recipient of a message to everybody who speaks CrossComm. */
export const ALL = 'all';
/** Who speaks for the server itself. */
export const SERVER = 'server';

/** What a message has beside its JSON text. */
export type MessageFields = Omit<Message, 'json' | 'with'>;

/** A message that came. */
export class Message {
  /** Made here where it came as a frame, which carries none. */
  readonly msgId: string;
  /** The sender. */
  readonly fromClientId: string;
  /** This client's id, a channel, or `all`. */
  readonly toClientId: string;
  /** What the content is. */
  readonly msgType: ContentType;
  /**
   * text: a string; json: a string of JSON; dict: a plain object; bytes: a Uint8Array; file, image, folder: the name or path that
   * the sender gave. Integers beyond 2^53 are bigint.
   */
  // biome-ignore lint/suspicious/noExplicitAny: what it is depends on what the sender sent, which no type here can know.
  readonly content: any;
  /** Seconds since 1970: when it was sent, or where that is not told, when it came. */
  readonly timestamp: number;
  /** The key of the object in the store, for file, image and folder; else null. */
  readonly ossKey: string | null;
  /**
   * What the sender called the file, image or folder, as a name under which any system can save it: no path, nothing that does harm.
   * Else null.
   */
  readonly fileName: string | null;
  readonly #json: () => string;

  /**
   * Made by the client.
   *
   * @internal
   */
  constructor(fields: MessageFields, json: () => string) {
    this.msgId = fields.msgId;
    this.fromClientId = fields.fromClientId;
    this.toClientId = fields.toClientId;
    this.msgType = fields.msgType;
    this.content = fields.content;
    this.timestamp = fields.timestamp;
    this.ossKey = fields.ossKey;
    this.fileName = fields.fileName;
    this.#json = json;
  }

  /**
   * The content as JSON text; bytes are a string of base64. Where it came in CrossComm's text it is as the sender wrote it, with each digit
   * of `1.0` and 9007199254740993, and with Python's NaN, which is no JSON.
   */
  get json(): string {
    return this.#json();
  }

  /**
   * The message with other fields, and the same JSON text.
   *
   * @internal
   */
  with(changes: Partial<MessageFields>): Message {
    return new Message({ ...this, ...changes }, this.#json);
  }
}

export function isContentType(type: unknown): type is ContentType {
  return typeof type === 'string' && CONTENT_TYPES.has(type);
}

const CONTENT_TYPES: ReadonlySet<string> = new Set(['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder']);
