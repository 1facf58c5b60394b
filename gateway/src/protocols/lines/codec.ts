import { compactJson } from '../../common/json/compact.ts';
import { withoutNonFinite } from '../../common/json/finite.ts';
import { isJson, quote, type RawMember, tryScanObject, writeObject } from '../../common/json/scan.ts';
import { defineEncoding, type Message } from '../../hub/message.ts';
import { describeObject } from '../../hub/object-description.ts';

/** What one line from a device is. */
export type Line =
  /** Nothing but blanks. */
  | { is: 'empty' }
  /** Not text: what a wrong baud rate or a boot loader leaves on the wire. */
  | { is: 'noise' }
  /** Anything that is not a JSON object. */
  | { is: 'text'; text: string }
  /** A JSON object; `to` is its recipient, taken out of `body`, or undefined where it names none. */
  | { is: 'dict'; to: string | undefined; body: string; members: readonly RawMember[] };

const OPEN_BRACE = 123;
const REPLACEMENT_CHARACTER = 0xfffd;
const BYTE_ORDER_MARK = 0xfeff;

/** True for U+0000 to U+001F but the tab, and for U+007F. */
function isControl(code: number): boolean {
  return (code < 32 && code !== 9) || code === 127;
}

/** True where `text` has control characters, or bytes that were not UTF-8. */
export function isNoise(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isControl(code) || code === REPLACEMENT_CHARACTER) return true;
  }
  return false;
}

/**
 * What stands beside the text of a line and is none of it: NUL, which lines carry while a board starts; XON and XOFF, which stop
 * and start a sender; a byte order mark; and what colours the line on a terminal, as in the log of ESP-IDF.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const BESIDE = /[\0\x11\x13\ufeff]|\x1b\[[0-9;]*m/g;

/** Reads one line, its line break taken off. Never throws: what is not JSON is text. */
export function decodeLine(line: string): Line {
  let text = line;
  if (isNoise(line) || line.charCodeAt(0) === BYTE_ORDER_MARK) {
    text = line.replace(BESIDE, '');
    if (isNoise(text)) return { is: 'noise' };
  }
  text = text.trim();
  if (text === '') return { is: 'empty' };
  if (text.charCodeAt(0) !== OPEN_BRACE) return { is: 'text', text };
  const members = tryScanObject(text);
  if (!members) return { is: 'text', text };
  let to: string | undefined;
  for (const { name, raw } of members) if (name === 'to' && raw.startsWith('"')) to = JSON.parse(raw) as string;
  if (to === undefined) return { is: 'dict', to, body: text, members };
  const rest = members.filter(({ name }) => name !== 'to');
  return { is: 'dict', to, body: writeObject(rest), members: rest };
}

/** The line for a device whose own name the message was sent to; its line feed included. */
export const inboxLine = defineEncoding((message) => encode(message, false));

/** The line for a device that gets the message by a channel, which it names; its line feed included. */
export const channelLine = defineEncoding((message) => encode(message, true));

function encode(message: Message, namesChannel: boolean): Buffer {
  return Buffer.from(`${lineOf(message, namesChannel)}\n`, 'utf8');
}

function lineOf(message: Message, namesChannel: boolean): string {
  const envelope: RawMember[] = [{ name: 'from', raw: quote(message.from) }];
  if (namesChannel) envelope.push({ name: 'to', raw: quote(message.to) });
  return contentOf(message, envelope);
}

function contentOf(message: Message, envelope: RawMember[]): string {
  switch (message.kind) {
    case 'text': {
      const { text } = message;
      if (isPlainLine(text)) return text;
      return writeObject([...envelope, { name: 'text', raw: quote(text) }]);
    }
    case 'dict':
    case 'json': {
      const { text } = message;
      const members = tryScanObject(text, LENIENT);
      if (members) {
        for (const { name, raw } of members) {
          if (name !== 'from' && name !== 'to') envelope.push({ name, raw: compactJson(withoutNonFinite(raw)) });
        }
        return writeObject(envelope);
      }
      // CrossComm's json is a string that its sender promises to be JSON; a broken promise is passed on as a string.
      const raw = isJson(text, LENIENT) ? compactJson(withoutNonFinite(text)) : quote(text);
      return writeObject([...envelope, { name: 'json', raw }]);
    }
    case 'bytes':
      return writeObject([...envelope, { name: 'bytes', raw: `"${message.base64}"` }]);
    default:
      return writeObject([...envelope, ...describeObject(message)]);
  }
}

/** What other protocols let in: Python's NaN and Infinity, and any nesting, which costs the scanner no stack. */
const LENIENT = { nonFinite: true, maxDepth: Number.POSITIVE_INFINITY };

/** True for text that a device can tell from a JSON line, and that is one line. */
function isPlainLine(text: string): boolean {
  if (text.length === 0 || text.charCodeAt(0) === OPEN_BRACE) return false;
  for (let at = 0; at < text.length; at++) if (isControl(text.charCodeAt(at))) return false;
  return true;
}
