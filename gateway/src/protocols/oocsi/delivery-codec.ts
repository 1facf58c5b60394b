import { decodeString, quote, type RawMember, scanArray } from '../../common/json/scan.ts';
import { textFrame } from '../../common/websocket-frame.ts';
import { defineEncoding, type Encoding, type Message } from '../../hub/message.ts';
import { eventDataText, toEventData } from './event-data.ts';

/** A message as the line of a JSON client: the data's members sorted, then recipient, timestamp and sender. */
export const jsonLine: Encoding<Buffer> = defineEncoding((message) => {
  let text = '{';
  for (const { name, raw } of toEventData.of(message)) {
    if (name !== 'recipient' && name !== 'timestamp' && name !== 'sender') text += `${quote(name)}:${raw},`;
  }
  return Buffer.from(`${text}${origin(message)}}\n`);
});

/** A message as the text frame of a web client: recipient, timestamp, sender, and the data apart from them. */
export const webFrame: Encoding<Buffer> = defineEncoding((message) =>
  textFrame(`{${origin(message)},"data":${eventDataText(message)}}`),
);

/** A message as the line of a Pure Data client: `R timestamp=T sender=S k=v k2=v2 ;`, arrays joined by commas. */
export const pureDataLine: Encoding<Buffer> = defineEncoding((message) => {
  let text = `${message.to} timestamp=${Math.trunc(message.timestampMs)} sender=${message.from} `;
  for (const member of toEventData.of(message)) text += `${member.name}=${plainValue(member)} `;
  return Buffer.from(`${toPureData(text)};\n`);
});

/**
 * The notice that a client from before version 1.0 gets for every message. Its data is the Java serialisation of a
 * HashMap with the one entry `error`, which those clients read.
 */
export const legacyLine: Encoding<Buffer> = defineEncoding((message) =>
  Buffer.from(`send ${message.to} ${TOO_OLD} ${Math.trunc(message.timestampMs)} ${message.from}\n`),
);

/** Text for Pure Data, to which a semicolon or a line break is the end of the message. */
export function toPureData(text: string): string {
  return text.replace(/[;\r\n]/g, ' ');
}

/** The last origin that was written. Many messages of one sender follow each other, and hundreds have the same millisecond. */
let last = { to: '', from: '', timestampMs: -1, text: '' };

function origin({ to, from, timestampMs }: Message): string {
  if (timestampMs !== last.timestampMs || to !== last.to || from !== last.from) {
    const text = `"recipient":${quote(to)},"timestamp":${Math.trunc(timestampMs)},"sender":${quote(from)}`;
    last = { to, from, timestampMs, text };
  }
  return last.text;
}

function plainValue({ raw }: RawMember): string {
  if (raw.startsWith('[')) return scanArray(raw).map(plainScalar).join(',');
  return plainScalar(raw);
}

function plainScalar(raw: string): string {
  return raw.startsWith('"') ? decodeString(raw) : raw;
}

const TOO_OLD = javaHashMap('error', 'Your OOCSI client version is too old, please update.');

/** The base64 of Java's serialisation of a java.util.HashMap with one entry, both ASCII. */
function javaHashMap(key: string, value: string): string {
  const string = (text: string) => Buffer.concat([Buffer.from([0x74, 0, text.length]), Buffer.from(text)]);
  const head =
    'rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcAUH2sHDFmDRAwACRgAKbG9hZEZhY3RvckkACXRocmVzaG9sZHhwP0AAAAAAAAx3CAAAABAAAAAB';
  return Buffer.concat([Buffer.from(head, 'base64'), string(key), string(value), Buffer.from([0x78])]).toString(
    'base64',
  );
}
