import { isUtf8 } from 'node:buffer';
import { withoutNonFinite } from '../../common/json/finite.ts';
import { isJson, writeObject } from '../../common/json/scan.ts';
import { defineEncoding, type Message, type MessageInit } from '../../hub/message.ts';
import { describeObject } from '../../hub/object-description.ts';

/** The payload of a message that goes to MQTT: text and JSON as UTF-8, bytes as they are, an object as its description. */
export const mqttPayload = defineEncoding<Buffer>(encode);

function encode(message: Message): Buffer {
  switch (message.kind) {
    case 'bytes': {
      const { buffer, byteOffset, byteLength } = message.bytes;
      return Buffer.from(buffer, byteOffset, byteLength);
    }
    case 'image':
    case 'file':
    case 'folder':
      return Buffer.from(writeObject(describeObject(message)));
    case 'dict':
    case 'json':
      return Buffer.from(jsonPayload(message.text));
    default:
      return Buffer.from(message.text);
  }
}

/** What an MQTT payload is: a dict if it is the text of one JSON object, else text if it is valid UTF-8, else bytes. */
export function readPayload(payload: Buffer): Pick<MessageInit, 'kind' | 'body'> {
  if (!isUtf8(payload)) return { kind: 'bytes', body: payload };
  const body = payload.toString('utf8');
  return { kind: startsWithBrace(body) && isJson(body) ? 'dict' : 'text', body };
}

/** What CrossComm lets in: NaN and the infinities of Python, and any nesting. */
const LENIENT = { nonFinite: true, maxDepth: Number.POSITIVE_INFINITY };
/** JSON text as it is, but for numbers that JSON does not have. What a sender wrongly called JSON is left alone too. */
function jsonPayload(text: string): string {
  if (!text.includes('NaN') && !text.includes('Infinity')) return text;
  return isJson(text, LENIENT) ? withoutNonFinite(text) : text;
}

const BLANKS = new Set([' ', '\t', '\r', '\n']);
const OPEN_BRACE = 123;

function startsWithBrace(text: string): boolean {
  let at = 0;
  if (text.charCodeAt(0) === OPEN_BRACE) return true;
  while (at < text.length && BLANKS.has(text.charAt(at))) at++;
  return text.charCodeAt(at) === OPEN_BRACE;
}
