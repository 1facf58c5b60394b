import { isUtf8 } from 'node:buffer';
import { withoutNonFinite } from '../../common/json/finite.ts';
import { isJson, writeObject } from '../../common/json/scan.ts';
import { defineEncoding, type Message, type MessageInit } from '../../hub/message.ts';
import { describeObject } from '../../hub/object-description.ts';
import { messageProperties } from '../../mqtt-engine/codec/message-properties.ts';
import type { MessageProperties } from '../../mqtt-engine/contract.ts';

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

const JSON_PROPERTIES = messageProperties({ isText: true, contentType: 'application/json' });
const TEXT_PROPERTIES = messageProperties({ isText: true });

/** What a subscriber that speaks MQTT 5 is told of a payload that `mqttPayload` made. */
export function propertiesOf({ kind }: Message): MessageProperties | undefined {
  if (kind === 'bytes') return undefined;
  return kind === 'text' ? TEXT_PROPERTIES : JSON_PROPERTIES;
}

const JSON_TYPE = /^(?:application|text)\/(?:[\w.-]{1,40}\+)?json(?:;|$)/i;
const BINARY_TYPE = /^(?:application\/octet-stream|image\/|audio\/|video\/)/i;

/**
 * What an MQTT payload is: a dict if it is the text of one JSON object, else text if it is valid UTF-8, else bytes. In MQTT 5 the content type
 * may say that any other JSON value is one, or that what looks like text is bytes.
 */
export function readPayload(
  payload: Buffer,
  properties?: Pick<MessageProperties, 'contentType'>,
): Pick<MessageInit, 'kind' | 'body'> {
  const { contentType } = properties ?? {};
  if (!isUtf8(payload) || (contentType !== undefined && BINARY_TYPE.test(contentType))) {
    return { kind: 'bytes', body: payload };
  }
  const body = payload.toString('utf8');
  const isTyped = contentType !== undefined && JSON_TYPE.test(contentType);
  const isObject = startsWithBrace(body);
  if ((isTyped || isObject) && isJson(body)) return { kind: isObject ? 'dict' : 'json', body };
  return { kind: 'text', body };
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
