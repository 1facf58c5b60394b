import type { Encodable, Value, ValueMap } from './value.ts';

/** What a device that comes back still has (SPEC.md, section 4). */
export interface Resume {
  /** The lowest sequence number that it may still send. */
  firstSeq: number;
  /** The last session it had, 0 for none. */
  session: number;
  /** The highest sequence number of that session that it has taken. */
  received: number;
}

/** What the gateway takes; SPEC.md, section 3. */
export interface GatewayLimits {
  /** Bytes of CBOR. */
  maxFrame: number;
  /** Bytes of unacknowledged sequenced frames. */
  window: number;
  maxAliases: number;
  maxKeys: number;
}

/** How a device greets: who it is and what it takes (SPEC.md, section 4). */
export interface Hello {
  type: 'hello';
  version: number;
  deviceId: string;
  bootId: number;
  /** Bytes of CBOR. */
  maxFrame: number;
  /** Bytes; never less than maxFrame. */
  window: number;
  /** A sum of CAPABILITIES. */
  capabilities: number;
  resume: Resume | null;
  user: string | null;
  /** Or its token, or `pair:` and a pairing code. */
  password: string | null;
  /** It can store a token (SPEC.md, section 19); left out where it cannot. */
  storesTokens?: boolean;
}

/** The gateway's answer to a Hello, from which on both may send everything else (SPEC.md, section 4). */
export interface Welcome {
  type: 'welcome';
  version: number;
  session: number;
  lastSeq: number;
  /** Seconds since 1970, 0 for unknown. */
  serverTime: number;
  timeTrusted: boolean;
  limits: GatewayLimits;
  resumed: boolean;
}

/** What the gateway could not do, or refuses (SPEC.md, section 9). */
export interface ErrorFrame {
  type: 'error';
  /** One of CODES, or one of a later version. */
  code: number;
  text: string;
  /** The type of the frame it is about, and its number; empty where it cannot be said. */
  about: Value[];
}

/** The end of a connection, said by either side before it closes (SPEC.md, section 9). */
export interface Goodbye {
  type: 'goodbye';
  /** One of GOODBYE_REASONS, or one of a later version. */
  reason: number;
  text: string;
}

/** A question for a sign of life, which a Pong with the same number answers. */
export interface Ping {
  type: 'ping';
  n: number;
}

/** The answer to a Ping. */
export interface Pong {
  type: 'pong';
  n: number;
}

/** A short number for a channel, with or without a subscription to it (SPEC.md, section 7). */
export interface Alias {
  type: 'alias';
  alias: number;
  /** null in the gateway's confirmation. */
  channel: string | null;
  /** A sum of ALIAS_FLAGS. */
  flags: number;
  /** The keys of the maps that go by this alias as arrays of their values (up); left out where there are none. */
  shape?: readonly string[];
}

/** The end of an alias and of its subscription. */
export interface Unalias {
  type: 'unalias';
  alias: number;
}

/** A message to a channel or client (up), or from one (down). */
export interface MessageFrame {
  type: 'message';
  /** An alias, a name, or (down) null: the device's own id. */
  to: number | string | null;
  value: Value;
  /** The sender's id (down); null where it is the gateway, and up. */
  from: string | null;
  /** One of MESSAGE_KINDS; left out for `asValue`. */
  kind?: number;
}

/** A request to keep fields of a channel (up), and what is kept of them (down). */
export interface Keep {
  type: 'keep';
  /** In full. */
  channel: string;
  /** Up: the fields to keep. Down: what is kept of them, null where nothing is. */
  value: string[] | ValueMap;
}

/** A token that the gateway offers (down), and whether the device has stored it (up); SPEC.md, section 19. */
export interface TokenFrame {
  type: 'token';
  /** The number of the offer, 0 to 65535, which the answer repeats. */
  n: number;
  /** null in the device's answer. */
  token: string | null;
  /** One of CODES (up): 0 where it is stored. */
  code: number;
}

/** What a device is and has (up), and that the gateway has taken it (down); SPEC.md, section 21. */
export interface Describe {
  type: 'describe';
  /** A map, or its JSON as text; null in the gateway's confirmation. */
  value: ValueMap | string | null;
}

/** A frame with a sequence number, which is repeated until an Ack has the number (SPEC.md, section 5). */
export interface Sequenced {
  type: 'sequenced';
  seq: number;
  /** null for a number whose frame was given up. */
  frame: DataFrame | UnknownFrame | null;
}

/** Everything up to and including `seq` has been taken. */
export interface Ack {
  type: 'ack';
  seq: number;
}

/** Small integers for the keys of maps, the first of them `first` (SPEC.md, section 7). */
export interface Dictionary {
  type: 'dictionary';
  first: number;
  /** null in the gateway's confirmation, which says that it knows the keys below `first`. */
  keys: string[] | null;
}

/** A request for the list of clients. */
export interface ListClients {
  type: 'listClients';
  onlyOnline: boolean;
}

/** The answer to ListClients, in one frame or more. */
export interface Clients {
  type: 'clients';
  clients: { id: string; online: boolean }[];
  /** Whether another frame with more of them follows. */
  more: boolean;
}

/** A call of a function that a client offers. */
export interface Call {
  type: 'call';
  callId: number;
  to: number | string | null;
  function: string;
  args: Value;
  /** The caller's id (down). */
  from: string | null;
  /** How long the caller waits, in milliseconds (up). Left out, it is TIMES.callMs. */
  timeoutMs?: number;
}

/** The answer to a Call, by its `callId`. */
export interface Reply {
  type: 'reply';
  callId: number;
  value: Value;
  /** One of CODES; 0 where the call succeeded. */
  code: number;
  text: string;
}

/** A file that the sender has (SPEC.md, section 17). */
export interface Offer {
  type: 'offer';
  fileId: number;
  name: string;
  /** Bytes; null where it is not known yet. */
  size: number | null;
  /** One of FILE_KINDS, or one of a later version. */
  kind: number;
  /** Up: to whom, an alias or a name, null for `all`. Down: the sender's id, null where it is the gateway. */
  party: number | string | null;
  crc32: number | null;
  /** Down: its key in the object store. */
  key?: string;
}

/** The receiver has everything before `offset`, and takes `bytes` more. */
export interface Want {
  type: 'want';
  fileId: number;
  offset: number;
  bytes: number;
}

/** A piece of a file, at `offset` bytes from its start. */
export interface Chunk {
  type: 'chunk';
  fileId: number;
  offset: number;
  content: Uint8Array;
}

/** By the sender: everything was sent; `size` and `crc32` are given. By the receiver: it is stored. */
export interface Done {
  type: 'done';
  fileId: number;
  size: number | null;
  crc32: number | null;
  /** The file's key in the object store (down). */
  key: string | null;
}

/** The end of a transfer that one side gives up. */
export interface Cancel {
  type: 'cancel';
  fileId: number;
  /** One of CODES. */
  code: number;
  text: string;
}

/** A request for a file that was offered, or for an object by its key. */
export interface Fetch {
  type: 'fetch';
  /** The id of a file that was offered, or the key of an object. */
  what: number | string;
  /** null: the file as it is. */
  options: FetchOptions | null;
}

/** How an image is wanted; null stands for what was not said. */
export interface FetchOptions {
  /** Pixels. */
  width: number | null;
  height: number | null;
  /** One of FITS. */
  fit: number | null;
  /** One of IMAGE_FORMATS. */
  format: number | null;
}

/** A line for the gateway's log (up). */
export interface LogFrame {
  type: 'log';
  /** One of LOG_LEVELS. */
  level: number;
  text: string;
}

/** What became of the sequenced message `seq`: how many recipients have it in their queue (down). */
export interface ReceiptFrame {
  type: 'receipt';
  seq: number;
  delivered: number;
  /** One of CODES: why somebody was left out. */
  code: number;
}

/** A frame of a type that this version does not know; a receiver counts and skips it. */
export interface UnknownFrame {
  type: 'unknown';
  number: number;
}

/** What a sequenced frame may carry. */
export type DataFrame = MessageFrame | ListClients | Clients | Call | Reply | FileFrame | Keep;

/** What carries files. */
export type FileFrame = Offer | Want | Chunk | Done | Cancel | Fetch;

/** Every frame, as `decodeFrame` returns it. */
export type Frame =
  | Hello
  | Welcome
  | ErrorFrame
  | Goodbye
  | Ping
  | Pong
  | Alias
  | Unalias
  | MessageFrame
  | Sequenced
  | Ack
  | Dictionary
  | ListClients
  | Clients
  | Call
  | Reply
  | FileFrame
  | Keep
  | TokenFrame
  | Describe
  | LogFrame
  | ReceiptFrame
  | UnknownFrame;

/** T with these keys left out where they have their default, and with whatever can be encoded in place of values. */
type Init<T, Optional extends keyof T, Values extends keyof T = never> = Omit<T, Optional | Values> &
  Partial<Omit<Pick<T, Optional>, Values>> & { [Key in Exclude<Values, Optional>]: Encodable } & {
    [Key in Values & Optional]?: Encodable;
  };

/** A Message to encode, with its defaults left out or not. */
export type MessageInit = Init<MessageFrame, 'from', 'value'>;

/** A Call to encode, with its defaults left out or not. */
export type CallInit = Init<Call, 'args' | 'from', 'args'>;

/** A Reply to encode, with its defaults left out or not. */
export type ReplyInit = Init<Reply, 'code' | 'text', 'value'>;

/** What a sequenced frame may carry, to encode. */
export type DataFrameInit =
  | MessageInit
  | Init<ListClients, 'onlyOnline'>
  | Init<Clients, 'more'>
  | CallInit
  | ReplyInit
  | Init<Keep, never, 'value'>
  | FileFrameInit;

/** What carries files, to encode. */
export type FileFrameInit =
  | Init<Offer, 'size' | 'kind' | 'party' | 'crc32'>
  | Want
  | Chunk
  | Init<Done, 'size' | 'crc32' | 'key'>
  | Init<Cancel, 'code' | 'text'>
  | Init<Fetch, 'options'>;

/** A sequenced frame to encode; null in place of a frame gives its number up. */
export type SequencedInit = Omit<Sequenced, 'frame'> & { frame: DataFrameInit | null };

/** What can be encoded: every frame, with the fields that have a default (SPEC.md, section 3) left out or not. */
export type FrameInit =
  | Init<Hello, 'window' | 'capabilities' | 'resume' | 'user' | 'password'>
  | Init<Welcome, 'resumed'>
  | Init<ErrorFrame, 'text' | 'about', 'about'>
  | Init<Goodbye, 'reason' | 'text'>
  | Init<Ping, 'n'>
  | Init<Pong, 'n'>
  | Init<Alias, 'channel' | 'flags'>
  | Unalias
  | SequencedInit
  | Ack
  | Init<Dictionary, 'keys'>
  | Init<TokenFrame, 'token' | 'code'>
  | Init<Describe, never, 'value'>
  | LogFrame
  | Init<ReceiptFrame, 'code'>
  | DataFrameInit;
