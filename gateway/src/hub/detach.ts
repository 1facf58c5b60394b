import type { MessageInit } from './message.ts';

/**
 * The same text with memory of its own. V8 makes a part of a text a view of the whole, which may be the 64 KB that came
 * from a socket in one go, and the view keeps the whole alive: whatever is kept for long is detached first.
 */
export function detachText(text: string): string {
  // Joining makes a rope, and cutting a rope copies it into one piece, which is then the only thing kept alive.
  return ` ${text}`.slice(1);
}

/** The same message with memory of its own, without the encodings that were made of it. */
export function detachMessage(message: MessageInit): MessageInit {
  const { from, to, kind, body, timestampMs, id, objectKey, objectUrl, objectSize } = message;
  return {
    from: detachText(from),
    to: detachText(to),
    kind,
    body: typeof body === 'string' ? detachText(body) : new Uint8Array(body),
    timestampMs,
    id: id === undefined ? undefined : detachText(id),
    objectKey: objectKey === undefined ? undefined : detachText(objectKey),
    objectUrl: objectUrl === undefined ? undefined : detachText(objectUrl),
    objectSize,
  };
}
