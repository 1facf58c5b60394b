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

/** A message that came. */
export interface Message {
  /** Made here where it came as a frame, which carries none. */
  msgId: string;
  fromClientId: string;
  /** This client's id, a channel, or `all`. */
  toClientId: string;
  msgType: ContentType;
  /**
   * text: a string; json: a string of JSON; dict: a plain object; bytes: a Uint8Array; file, image, folder: the name or path that
   * the sender gave. Integers beyond 2^53 are bigint.
   */
  // biome-ignore lint/suspicious/noExplicitAny: what it is depends on what the sender sent, which no type here can know.
  content: any;
  /** Seconds since 1970: when it was sent, or where that is not told, when it came. */
  timestamp: number;
  /** The key of the object in the store, for file, image and folder; else null. */
  ossKey: string | null;
  /**
   * What the sender called the file, image or folder, as a name under which any system can save it: no path, nothing that does harm.
   * Else null.
   */
  fileName: string | null;
}

export function isContentType(type: unknown): type is ContentType {
  return typeof type === 'string' && CONTENT_TYPES.has(type);
}

const CONTENT_TYPES: ReadonlySet<string> = new Set(['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder']);
