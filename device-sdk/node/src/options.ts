import type { TokenMemory } from '@crosscomm/protocol';
import type { ListedClient } from './conversation.ts';
import type { Closing } from './error.ts';
import type { ContentType, Message } from './message.ts';

/** Moves files between this machine and the gateway's object store. */
export interface ObjectTransfer {
  /** Uploads a file, image or folder and tells the recipient of it. */
  send(path: string, type: ContentType, toClientId: string): Promise<boolean>;
  /** Downloads an object, or a folder where the key ends with `/`. Returns the path it is at now. */
  download(ossKey: string, directory: string): Promise<string>;
}

/** How to reach a server, or to be one; every option may be left out. */
export interface CrossCommOptions {
  /** Default: client. */
  role?: 'client' | 'server';
  /**
   * client: the server's name or address, default 127.0.0.1; `user:password@host` brings credentials along. In Node `auto` takes the one gateway
   * that announces itself in this network. server: the address to
   * listen on, default 127.0.0.1; for others than this machine the gateway asks for `auth: { anonymous: 'allow' }` in `gateway`.
   */
  ip?: string;
  /** Default 9898. */
  port?: number;
  /** client: TLS, as behind a proxy that encrypts. Default false. */
  secure?: boolean;
  /**
   * client: the server's address in place of `ip`, `port` and `secure`: `ws://` or `wss://`, with credentials and a path where it has
   * them, such as `wss://lab.example.org/crosscomm`.
   */
  url?: string;
  /**
   * client, in Node: the authority by which it knows the server over TLS, in place of those that Node knows: the text of a certificate
   * (PEM), or of several. `crosscomm tls export -o ca.crt` gives a gateway's, so `readFileSync('ca.crt')` is it.
   */
  ca?: string | Uint8Array;
  /**
   * client: what is spoken. `frames`: with a gateway. `crosscomm`: CrossComm's own text, with pywayne's server, or with a gateway where
   * a message's id, its time and its JSON text count; it is sent once, and lost where there is no connection. Default: what the server
   * answers first.
   */
  protocol?: 'frames' | 'crosscomm';
  /** client: open a lost connection again. Default true; without it the client is offline then. */
  reconnect?: boolean;
  /**
   * client: by CrossComm's text, the newest login of an id ends the connection of the one before. With false, a login is refused with
   * `id_taken` where somebody is online under it; by frames it always is. Default true.
   */
  takeOver?: boolean;
  /** client: how long a login may take, in milliseconds. Default 10,000. */
  loginTimeoutMs?: number;
  /**
   * client: its token, as `crosscomm account add` shows it, or a password; in place of one in `ip` or `url`. Or where it keeps the token that
   * the gateway gives it, such as `tokenFile('crosscomm.token')`; it comes with that token then, in place of a user and a password. By frames.
   */
  token?: TokenMemory | string;
  /** client: the account that a `token` which is a text belongs to. A password needs it; a token itself says whose it is. */
  account?: string;
  /** client: six digits that `crosscomm pair` shows, by which it gets its token; tried once, while it has none or it is refused. */
  pair?: string;
  /** Default: the machine's MAC address, `_`, and 8 random hex digits. */
  clientId?: string;
  /** Seconds between two heartbeats, default 30. For pywayne's server; frames have their own signs of life. */
  heartbeatInterval?: number;
  /** Seconds of silence after which the other side counts as gone, default 60. */
  heartbeatTimeout?: number;
  /** Where files go, in place of the gateway's own object store. */
  objects?: ObjectTransfer;
  /** server: more of the gateway's configuration, as in crosscomm.yaml. */
  gateway?: Record<string, unknown>;
}

/** Which messages a listener gets; what is left out does not matter. */
export interface ListenerFilter {
  msgType?: ContentType;
  fromClientId?: string;
  /** Files are downloaded to this directory first, and `content` is the path there. */
  downloadDirectory?: string;
}

/** What may be said beside a message that is sent. */
export interface SendOptions {
  /** Called as the gateway has more of a file, an image, or all files of a folder together; both in bytes. */
  progress?: (stored: number, size: number) => void;
}

/** What every Blob has. */
export interface PlainBlob {
  /** Bytes. */
  readonly size: number;
  /** The content type. */
  readonly type: string;
  /** The whole content. */
  arrayBuffer(): Promise<ArrayBuffer>;
  /** The content as UTF-8. */
  text(): Promise<string>;
}

/** The Blob of a browser or of Node, whichever types a program has; it need not have any. Its name is one that any system can save. */
export type ObjectBlob = (typeof globalThis extends { Blob: { prototype: infer T } } ? T : PlainBlob) & {
  readonly name: string;
};

/** Gets each message that a listener is for. What it throws or rejects with is reported as the platform reports errors nobody catches, and ends nothing. */
export type MessageHandler = (message: Message) => void | Promise<void>;
/** What a channel brings: an object, text, bytes, or whatever the sender sent. */
// biome-ignore lint/suspicious/noExplicitAny: what it is depends on what the sender sent, which no type here can know.
export type ChannelHandler = (data: any, message: Message) => void | Promise<void>;
/** A function that others may call; what it returns is the answer, what it throws makes the call fail. */
// biome-ignore lint/suspicious/noExplicitAny: what it is depends on what the caller sent, which no type here can know.
export type CallHandler = (args: any, fromClientId: string) => unknown;

/** How it stands with the server. */
export interface Status {
  /** `reconnecting`: it was online, and will be again by itself. */
  state: 'offline' | 'connecting' | 'online' | 'reconnecting';
  /** What is spoken: frames with a gateway, crosscomm with pywayne's server. */
  protocol: 'frames' | 'crosscomm' | undefined;
  /** Why it is not online. */
  reason?: string;
  /** How the server closed the connection that there was. */
  closed?: Closing;
}

/** The answer to `listClients`. */
export interface ClientList {
  clients: ListedClient[];
  totalCount: number;
  onlyShowOnline: boolean;
}
