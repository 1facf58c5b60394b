import { isJson, quote } from '../../common/json/scan.ts';
import { textFrame } from '../../common/websocket-frame.ts';
import { defineEncoding, type Kind, Message, type ObjectKind } from '../../hub/message.ts';
import { decodeBase64 } from './base64-codec.ts';
import { decodeIfString, type Envelope, restamp } from './envelope-codec.ts';

/** Types of frames of the gateway's own, besides the seven kinds. */
export type ReplyType = 'login_response' | 'list_clients_response' | 'receipt';

/** Python clients close the connection with 1009 at a text longer than this. */
export const MAX_TEXT_BYTES = 1_048_576;
/** A frame of a text that long: its header takes 10 bytes. */
export const MAX_FRAME_BYTES = MAX_TEXT_BYTES + 10;

/** Timestamps beyond the year 9999 are no times; dates of other protocols could not hold them. */
const LATEST_MS = 253_402_300_799_999;

/** The CrossComm text of a message, built from it unless it came in as CrossComm. */
const crosscommText = defineEncoding<string>(buildText);

/** A message as a whole WebSocket text frame: the seven keys in their order, or the very text that came in. */
export const crosscommFrame = defineEncoding<Buffer>((message) => textFrame(crosscommText.of(message)));

/**
 * The message that a frame is, sent by `from`; undefined where its type is none of the seven kinds. `text` is the frame
 * that `envelope` was read from; it goes out to other CrossComm clients as it is, but never with another sender.
 * A content of a wrong type becomes the nearest kind for the other protocols. `nowMs` stands in for a timestamp that
 * is none; milliseconds since 1970.
 */
export function toMessage(
  text: string | undefined,
  envelope: Envelope,
  from: string,
  nowMs: number,
): Message | undefined {
  const content = readContent(envelope.type, envelope.rawContent);
  if (content === undefined) return undefined;
  const isObject = content.kind === 'file' || content.kind === 'image' || content.kind === 'folder';
  const message = new Message({
    from,
    to: envelope.to,
    kind: content.kind,
    body: content.body,
    timestampMs: readTimestamp(envelope.rawTimestamp, nowMs),
    id: decodeIfString(envelope.rawId),
    objectKey: isObject && envelope.rawObjectKey !== undefined ? decodeIfString(envelope.rawObjectKey) : undefined,
  });
  if (text !== undefined) crosscommText.seed(message, envelope.from === from ? text : restamp(text, from));
  return message;
}

interface Content {
  kind: Kind;
  body: string | Uint8Array;
}

function readContent(type: string, raw: string): Content | undefined {
  switch (type) {
    case 'text':
      return readString(raw, 'text');
    case 'dict':
      return { kind: raw.charCodeAt(0) === 123 ? 'dict' : 'json', body: raw };
    case 'json': {
      const body = decodeIfString(raw);
      if (body === undefined) return { kind: 'json', body: raw };
      return { kind: isJson(body, { nonFinite: true }) ? 'json' : 'text', body };
    }
    case 'bytes': {
      const text = decodeIfString(raw);
      if (text === undefined) return { kind: 'json', body: raw };
      const bytes = decodeBase64(text);
      return bytes === undefined ? { kind: 'text', body: text } : { kind: 'bytes', body: bytes };
    }
    case 'image':
    case 'file':
    case 'folder':
      return readString(raw, type);
    default:
      return undefined;
  }
}

function readString(raw: string, kind: 'text' | ObjectKind): Content {
  const body = decodeIfString(raw);
  return body === undefined ? { kind: 'json', body: raw } : { kind, body };
}

function readTimestamp(raw: string, nowMs: number): number {
  const timestampMs = Math.round(Number(raw) * 1000);
  // A string, null or NaN is not a time. Number() reads some of them as 0, so 0 is not accepted either.
  return timestampMs > 0 && timestampMs <= LATEST_MS ? timestampMs : nowMs;
}

/** The last names and the last time that were written. Many messages of one sender follow each other, and hundreds have the same millisecond. */
let lastNames = { from: '\0', to: '', id: '', names: '' };
let lastTime = { ms: -1, text: '' };

function buildText(message: Message): string {
  const { from, to, kind, timestampMs, id, objectKey } = message;
  if (from !== lastNames.from || to !== lastNames.to) {
    const sender = quote(from);
    const names = `"from_client_id": ${sender}, "to_client_id": ${quote(to)}, "msg_type": "`;
    lastNames = { from, to, id: sender.slice(0, -1), names };
  }
  if (timestampMs !== lastTime.ms) lastTime = { ms: timestampMs, text: formatSeconds(timestampMs) };
  const rawId = id === undefined ? `${lastNames.id}_${idTail(timestampMs)}"` : quote(id);
  const key = objectKey === undefined ? 'null' : quote(objectKey);
  return `{"msg_id": ${rawId}, ${lastNames.names}${kind}", "content": ${buildContent(message)}, "timestamp": ${lastTime.text}, "oss_key": ${key}}`;
}

function buildContent(message: Message): string {
  const { body } = message;
  if (typeof body === 'string') return message.kind === 'dict' ? body : quote(body);
  return `"${message.base64}"`;
}

let idCount = 0;

/** `FROM_<ms>_<8 hex>`. */
function nextId(from: string, timestampMs: number): string {
  return `${from}_${idTail(timestampMs)}`;
}

/** The digits are a scrambled count: no two are alike within four thousand million messages. */
function idTail(timestampMs: number): string {
  idCount = (idCount + 0x9e3779b1) >>> 0;
  return `${timestampMs}_${idCount.toString(16).padStart(8, '0')}`;
}

/** Milliseconds as Python writes seconds: a float, always with a decimal point. */
export function formatSeconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** A whole frame from `server`. `rawContent` is JSON; `nowMs` is in milliseconds since 1970. */
export function replyFrame(type: ReplyType, id: string, to: string, rawContent: string, nowMs: number): Buffer {
  return textFrame(
    `{"msg_id": ${quote(id)}, "from_client_id": "server", "to_client_id": ${quote(to)}, "msg_type": "${type}", ` +
      `"content": ${rawContent}, "timestamp": ${formatSeconds(nowMs)}, "oss_key": null}`,
  );
}

/** What became of a message, or of a wish to subscribe: how many, and the first reason why not more. */
export interface TextReceipt {
  delivered: number;
  refused: number;
  reason: string | undefined;
}

/** The content of a receipt, as JSON text: of the message whose id is the JSON text `rawId`, what became of it. */
export function receiptContent(rawId: string, { delivered, refused, reason }: TextReceipt): string {
  return `{"msg_id": ${rawId}, "delivered": ${delivered}, "refused": ${refused}, "reason": ${reason ? quote(reason) : 'null'}}`;
}

/** The message id of a reply, such as a login response. */
export function serverId(nowMs: number): string {
  return nextId('server', nowMs);
}

/** A version 4 UUID of numbers that `random` gives, each from 0 up to but not including 1. */
export function buildUuid(random: () => number): string {
  let digits = '';
  for (let index = 0; index < 32; index++) {
    if (index === 8 || index === 12 || index === 16 || index === 20) digits += '-';
    const digit = Math.floor(random() * 16);
    digits += (index === 12 ? 4 : index === 16 ? (digit & 3) | 8 : digit).toString(16);
  }
  return digits;
}
