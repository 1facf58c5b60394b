import {
  type Encodable,
  Float,
  fileNameOf,
  MESSAGE_KINDS,
  type Value,
  type ValueMap,
  valueToJsonText,
} from '@crosscomm/protocol';
import { CrossCommError } from './error.ts';
import { JsonText, MAX_DEPTH } from './json-text.ts';
import type { ContentType, Message, ValueType } from './message.ts';

const OBJECT_KINDS: ReadonlySet<unknown> = new Set(['file', 'image', 'folder']);

/** A value as plain JavaScript: maps are objects, floats numbers; integers beyond 2^53 stay bigint. */
export function toPlain(value: Value): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Float) return value.value;
  if (Array.isArray(value)) return value.map(toPlain);
  return Object.fromEntries([...value].map(([key, member]) => [String(key), toPlain(member)]));
}

/** Plain JavaScript as a value. Throws CrossCommError `bad_content` for what JSON cannot say either. */
export function toValue(content: unknown, depth = 0): Value {
  switch (typeof content) {
    case 'string':
    case 'number':
    case 'bigint':
    case 'boolean':
      return content;
    case 'object':
      break;
    default:
      throw new CrossCommError('bad_content', `A ${typeof content} cannot be sent.`);
  }
  if (content === null || content instanceof Uint8Array || content instanceof Float) return content;
  if (depth >= MAX_DEPTH)
    throw new CrossCommError('bad_content', `The content is nested deeper than ${MAX_DEPTH} levels.`);
  if (Array.isArray(content)) return content.map((item) => toValue(item ?? null, depth + 1));
  const map: ValueMap = new Map();
  const members = content instanceof Map ? content : Object.entries(content);
  for (const [key, member] of members as Iterable<[unknown, unknown]>) {
    if (member !== undefined) map.set(String(key), toValue(member, depth + 1));
  }
  return map;
}

/** What is sent: a value, or JSON text that stays as it is where the protocol can. */
export type SentContent = Value | JsonText;

/** What a message type asks for, checked. Throws CrossCommError `bad_content`. */
export function contentOf(content: unknown, type: ValueType): SentContent {
  switch (type) {
    case 'text':
      return String(content instanceof JsonText ? content.text : content);
    case 'bytes':
      return bytesOf(content);
    case 'dict': {
      const sent = content instanceof JsonText ? content : toValue(content);
      if ((sent instanceof JsonText ? sent.value : sent) instanceof Map) return sent;
      throw new CrossCommError('bad_content', 'A dict is an object: { temperature: 21.5 }.');
    }
    case 'json':
      if (content instanceof JsonText) return content;
      return typeof content === 'string' ? new JsonText(content).value : toValue(content);
  }
}

/** The type that content has of itself. */
export function typeOf(content: unknown): ValueType {
  if (typeof content === 'string') return 'text';
  if (content instanceof ArrayBuffer || ArrayBuffer.isView(content)) return 'bytes';
  if (content instanceof JsonText) return content.value instanceof Map ? 'dict' : 'json';
  return typeof content === 'object' && content !== null && !Array.isArray(content) ? 'dict' : 'json';
}

type Content = Pick<Message, 'msgType' | 'content' | 'ossKey' | 'fileName'>;

const NO_OBJECT = { ossKey: null, fileName: null };

/** Content and type of a value that came as a frame, of one of MESSAGE_KINDS. */
export function valueToContent(value: Value, kind?: number): Content {
  if (kind === MESSAGE_KINDS.json) return { msgType: 'json', content: valueToJsonText(value), ...NO_OBJECT };
  if (typeof value === 'string') return { msgType: 'text', content: value, ...NO_OBJECT };
  if (value instanceof Uint8Array) return { msgType: 'bytes', content: value, ...NO_OBJECT };
  if (!(value instanceof Map)) return { msgType: 'json', content: valueToJsonText(value), ...NO_OBJECT };
  const objectKind = value.get('kind');
  const name = value.get('file');
  const key = value.get('object_key');
  if (typeof name === 'string' && typeof key === 'string' && OBJECT_KINDS.has(objectKind)) {
    return { msgType: objectKind as ContentType, content: name, ossKey: key, fileName: fileNameOf(name, key) };
  }
  return { msgType: 'dict', content: toPlain(value), ...NO_OBJECT };
}

/** What can be sent to a channel: any of these is sent as it is. */
export type Sendable = Encodable;

export function bytesOf(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  if (ArrayBuffer.isView(content)) return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  throw new CrossCommError('bad_content', 'Bytes are a Uint8Array, a Buffer or an ArrayBuffer.');
}
