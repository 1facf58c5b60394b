import type { Kind, Message, MessageInit } from '../message.ts';

/** How a protocol whose messages need no reading to be passed on has them remembered unread; they are read when somebody asks for them. */
export interface RawSource<T> {
  /** What its message carries and who sent it; undefined: this one must be read. */
  raw(source: T): { readonly from: string; readonly body: Uint8Array } | undefined;
  /** Reads what a message carried. */
  read: RawReader;
}

export type RawReader = (body: Buffer) => Pick<MessageInit, 'kind' | 'body'>;

/** A message as it is remembered. */
export interface Said {
  readonly from: string;
  readonly timestampMs: number;
  /** How to read it; the protocol's own way where it is remembered unread. */
  readonly form: Kind | RawReader;
  readonly body: string | Uint8Array;
  /** What few messages have, as text: see `tailOf`. */
  readonly tail: string;
}

/** What is remembered of a message. */
export function saidOf(message: Message): Said {
  const { from, timestampMs, kind, body } = message;
  return { from, timestampMs, form: kind, body, tail: tailOf(message) };
}

function tailOf({ id, objectKey, objectUrl, objectSize }: Message): string {
  if (id === undefined && objectKey === undefined) return '';
  return JSON.stringify({ id, objectKey, objectUrl, objectSize });
}

/** The message again, of the bytes that were remembered of it. */
export function initOf(said: Omit<Said, 'body'> & { readonly to: string; readonly body: Buffer }): MessageInit {
  const { from, to, timestampMs, form, body, tail } = said;
  const rest = tail === '' ? {} : JSON.parse(tail);
  if (typeof form === 'function') return { from, to, timestampMs, ...form(body), ...rest };
  return { from, to, timestampMs, kind: form, body: form === 'bytes' ? body : body.toString(), ...rest };
}
