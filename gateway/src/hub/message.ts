/** What a message carries. The seven kinds are CrossComm's; every protocol maps its own onto them. */
export type Kind = 'text' | 'json' | 'dict' | 'bytes' | 'image' | 'file' | 'folder';

/** The kinds whose bytes live in the object store; their body is the name that the sender gave. */
export type ObjectKind = Extract<Kind, 'image' | 'file' | 'folder'>;

export interface MessageInit {
  /** The id of the sending client. */
  from: string;
  /** A channel name, a client id, or `all`. */
  to: string;
  kind: Kind;
  /**
   * `text`: the text. `json` and `dict`: the JSON text exactly as it came in, so that number literals survive; a `dict`
   * is always the text of one JSON object. `bytes`: the bytes. `image`, `file`, `folder`: the sender's name for it.
   */
  body: string | Uint8Array;
  /** Milliseconds since 1970. */
  timestampMs: number;
  /** The sender's own message id, where its protocol has one. */
  id?: string | undefined;
  /** The object's key in the object store, for the kinds that have one. */
  objectKey?: string | undefined;
  /**
   * Where the object can be read for a while, and its bytes; known of objects in the gateway's own store. Of a folder, where its
   * list can be read.
   */
  objectUrl?: string | undefined;
  objectSize?: number | undefined;
  /** Its sender was told, or is to be told, that it is safe: it must arrive, also where nobody can be reached now. Default: false. */
  isKept?: boolean | undefined;
}

/**
 * One message on its way through the gateway. It keeps each encoding that was made of it, so that a message is
 * encoded once for each codec, however many recipients it has.
 */
export class Message {
  readonly from: string;
  readonly to: string;
  readonly kind: Kind;
  readonly body: string | Uint8Array;
  readonly timestampMs: number;
  readonly id: string | undefined;
  readonly objectKey: string | undefined;
  readonly objectUrl: string | undefined;
  readonly objectSize: number | undefined;
  readonly isKept: boolean;
  /** Slots filled by `defineEncoding`. */
  readonly encodings: unknown[] = [];

  constructor(init: MessageInit) {
    this.from = init.from;
    this.to = init.to;
    this.kind = init.kind;
    this.body = init.body;
    this.timestampMs = init.timestampMs;
    this.id = init.id;
    this.objectKey = init.objectKey;
    this.objectUrl = init.objectUrl;
    this.objectSize = init.objectSize;
    this.isKept = init.isKept === true;
  }

  /** What must be kept to build the message again. */
  toInit(): MessageInit {
    const { from, to, kind, body, timestampMs, id, objectKey, objectUrl, objectSize } = this;
    return { from, to, kind, body, timestampMs, id, objectKey, objectUrl, objectSize };
  }

  /** The body of every kind but `bytes`. Throws a TypeError on `bytes`. */
  get text(): string {
    if (typeof this.body !== 'string') throw new TypeError('a message of kind bytes has no text');
    return this.body;
  }

  /** The body of kind `bytes`. Throws a TypeError on every other kind. */
  get bytes(): Uint8Array {
    if (typeof this.body === 'string') throw new TypeError(`a message of kind ${this.kind} has no bytes`);
    return this.body;
  }

  /** The body of kind `bytes` as base64 with padding. Throws a TypeError on every other kind. */
  get base64(): string {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
  }
}

/** One way to encode a message, remembered on the message itself. */
export interface Encoding<T> {
  /** The encoding of `message`: made at the first call, remembered after that. */
  of(message: Message): T;
  /** Stores an encoding that exists already, such as the original text that came in. */
  seed(message: Message, value: T): void;
}

let encodingCount = 0;

/** Defines an encoding; call it once for each codec, at module level. `encode` must not return undefined. */
export function defineEncoding<T>(encode: (message: Message) => T): Encoding<T> {
  const slot = encodingCount++;
  return {
    of(message) {
      const known = message.encodings[slot];
      if (known !== undefined) return known as T;
      const made = encode(message);
      message.encodings[slot] = made;
      return made;
    },
    seed(message, value) {
      message.encodings[slot] = value;
    },
  };
}
