import type { MessageInit } from './message.ts';

/** What a kept message needs beside its texts and bytes: objects, entries of tables, accounts. */
const OVERHEAD_BYTES = 1024;
const NAME_OVERHEAD_BYTES = 64;
const WIDE = /[\u0100-\uffff]/;

/** The memory that a text or bytes need. A text with any character beyond U+00FF needs two bytes for each UTF-16 unit. */
export function heldBytes(content: string | Uint8Array): number {
  if (typeof content !== 'string') return content.byteLength;
  return WIDE.test(content) ? 2 * content.length : content.length;
}

/**
 * The memory that a retained message needs: the hub's copy and the MQTT broker's, with their keys. `body` is the
 * message's body or MQTT's payload.
 */
export function retainedBytes(channel: string, body: string | Uint8Array): number {
  const copies = heldBytes(body) + (typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength);
  return OVERHEAD_BYTES + 4 * heldBytes(channel) + copies;
}

/** The memory that kept values need: as a retained message, and the names of what is kept. */
export function keptBytes(channel: string, body: string | Uint8Array, names: Iterable<string>): number {
  let bytes = retainedBytes(channel, body);
  for (const name of names) bytes += NAME_OVERHEAD_BYTES + heldBytes(name);
  return bytes;
}

/** The memory that a message which waits for its time needs. */
export function scheduledBytes({ from, to, body, id, objectKey, objectUrl }: MessageInit): number {
  let bytes = OVERHEAD_BYTES + heldBytes(body);
  for (const text of [from, to, id, objectKey, objectUrl]) if (text !== undefined) bytes += heldBytes(text);
  return bytes;
}
