import { FrameError, jsonTextToValue, MESSAGE_KINDS, type Value, valueToJsonText } from '@crosscomm/protocol';
import { writeObject } from '../../common/json/scan.ts';
import { defineEncoding, type Message, type MessageInit } from '../../hub/message.ts';
import { describeObject } from '../../hub/object-description.ts';

/** Stands for the value of a message that is nested deeper than any device takes. */
export const TOO_DEEP = Symbol('too deep');

/** A message's content as a value (SPEC.md, section 13), made once for all devices. */
export const frameValue = defineEncoding<Value | typeof TOO_DEEP>(encode);

function encode(message: Message): Value | typeof TOO_DEEP {
  switch (message.kind) {
    case 'text':
      return message.text;
    case 'bytes':
      return message.bytes;
    case 'dict':
    case 'json':
      return parse(message.text);
    default:
      // A small device need not read the name twice.
      return parse(writeObject(describeObject(message).filter(({ name }) => name !== 'fileName')));
  }
}

/** The value of a JSON text. What a sender wrongly called JSON stays text. */
export function parse(text: string): Value | typeof TOO_DEEP {
  try {
    return jsonTextToValue(text);
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return error.code === 'too_deep' ? TOO_DEEP : text;
  }
}

/** Kind and body of a value that a device sends; its keys are all text. `kind`: one of MESSAGE_KINDS, as the device says. */
export function readValue(value: Value, kind?: number): Pick<MessageInit, 'kind' | 'body'> {
  if (kind === MESSAGE_KINDS.json) return { kind: 'json', body: valueToJsonText(value) };
  if (typeof value === 'string') return { kind: 'text', body: value };
  if (value instanceof Uint8Array) return { kind: 'bytes', body: value };
  return { kind: value instanceof Map ? 'dict' : 'json', body: valueToJsonText(value) };
}

/** The kind of a message down whose value alone would say something else; undefined where it need not be said. */
export function kindOf(message: Message, value: Value): number | undefined {
  if (message.kind !== 'json') return undefined;
  // What is wrongly called JSON is a text, and stays one.
  const isString = typeof value === 'string' && message.text.trimStart().startsWith('"');
  return isString || value instanceof Map ? MESSAGE_KINDS.json : undefined;
}

/** The members of a call or its answer: those of a map, or one that is named after what the value is; none of null. */
export function toFields(value: Value): Map<string | number, Value> {
  if (value instanceof Map) return new Map([...value].filter(([key]) => !isCallField(key)));
  if (value === null) return new Map();
  const name = typeof value === 'string' ? 'text' : value instanceof Uint8Array ? 'bytes' : 'json';
  return new Map([[name, value]]);
}

/** OOCSI's own fields of calls. */
export function isCallField(key: string | number): boolean {
  return typeof key === 'string' && key.startsWith('_MESSAGE_');
}
