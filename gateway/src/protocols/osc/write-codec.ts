import type { OscArgument } from './argument.ts';
import { padded } from './read-codec.ts';

const LENGTH_BYTES = 4;

/** The message with this address and these arguments. A NUL, which ends a string on the wire, becomes U+FFFD. */
export function encodeMessage(address: string, args: readonly OscArgument[]): Buffer {
  const tags = `,${tagsOf(args)}`;
  const bytes = Buffer.alloc(textBytes(address) + textBytes(tags) + args.reduce((sum, arg) => sum + sizeOf(arg), 0));
  let at = writeText(bytes, address, 0);
  at = writeText(bytes, tags, at);
  for (const arg of args) at = writeArgument(bytes, arg, at);
  return bytes;
}

function tagsOf(args: readonly OscArgument[]): string {
  let tags = '';
  for (const arg of args) tags += arg.type === '[' ? `[${tagsOf(arg.values)}]` : arg.type;
  return tags;
}

function sizeOf(arg: OscArgument): number {
  switch (arg.type) {
    case 's':
    case 'S':
      return textBytes(arg.value);
    case 'b':
      return LENGTH_BYTES + padded(arg.value.length);
    case 'h':
    case 'd':
    case 't':
      return 8;
    case '[':
      return arg.values.reduce((sum, value) => sum + sizeOf(value), 0);
    case 'T':
    case 'F':
    case 'N':
    case 'I':
      return 0;
    default:
      return 4;
  }
}

function writeArgument(bytes: Buffer, arg: OscArgument, at: number): number {
  switch (arg.type) {
    case 'i':
      return bytes.writeInt32BE(arg.value, at);
    case 'f':
      return bytes.writeFloatBE(arg.value, at);
    case 's':
    case 'S':
      return writeText(bytes, arg.value, at);
    case 'b':
      bytes.writeUInt32BE(arg.value.length, at);
      bytes.set(arg.value, at + LENGTH_BYTES);
      return at + LENGTH_BYTES + padded(arg.value.length);
    case 'h':
      return bytes.writeBigInt64BE(arg.value, at);
    case 'd':
      return bytes.writeDoubleBE(arg.value, at);
    case 't':
      return bytes.writeBigUInt64BE(arg.value, at);
    case 'c':
      return bytes.writeUInt32BE(arg.value.codePointAt(0) ?? 0, at);
    case 'r':
      return bytes.writeUInt32BE(arg.value, at);
    case 'm':
      bytes.set(arg.value, at);
      return at + 4;
    case '[':
      return arg.values.reduce((next, value) => writeArgument(bytes, value, next), at);
    default:
      return at;
  }
}

function textBytes(text: string): number {
  return padded(Buffer.byteLength(withoutNul(text)) + 1);
}

function writeText(bytes: Buffer, text: string, at: number): number {
  return at + padded(bytes.write(withoutNul(text), at) + 1);
}

const REPLACEMENT = '\ufffd';

function withoutNul(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', REPLACEMENT) : text;
}
