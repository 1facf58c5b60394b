import { z } from 'zod';
import { detachText } from '../../hub/detach.ts';
import type { Message } from '../../hub/message.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';
import type { Viewer } from './viewer.ts';

/** How many characters of a message are shown at most. */
export const MAX_BODY_LENGTH = 4096;

/** What of a message is shown. */
export const messageFields = () => ({
  from: z.string().describe('the client that sent it'),
  to: z.string().describe('a channel or a client'),
  kind: z.enum(['text', 'json', 'dict', 'bytes', 'image', 'file', 'folder']),
  timestampMs: timeMs(),
  body: z
    .string()
    .optional()
    .describe(
      'the text; of json and dict the JSON text, with numbers as they were written; of objects their name; of bytes nothing',
    ),
  isCut: z.literal(true).optional().describe('the body is longer than what is shown'),
  size: count().describe('of the body: characters, or bytes; of an object its bytes, where they are known'),
  objectKey: z.string().optional(),
  objectUrl: z.string().optional().describe('where the object can be read for a while'),
});

export const messageView = lazy(() => z.strictObject(messageFields()).meta({ id: 'MessageView' }));
export type MessageView = Output<typeof messageView>;

/**
 * What is shown of a message, before anybody looks: see `shownTo`.
 *
 * @param maxLength how many characters of the body
 */
export function viewOfMessage(message: Message, maxLength = MAX_BODY_LENGTH): MessageView {
  const { from, to, kind, timestampMs, body, objectKey, objectUrl, objectSize } = message;
  const view: MessageView = { from, to, kind, timestampMs, size: objectSize ?? body.length, objectKey, objectUrl };
  if (typeof body !== 'string') return view;
  if (body.length <= maxLength) return { ...view, body };
  return { ...view, body: detachText(body.slice(0, maxLength)), isCut: true };
}

/** The same with memory of its own, for whoever keeps it. */
export function detachView<V extends MessageView>(view: V): V {
  const { from, to, body } = view;
  return { ...view, from: detachText(from), to: detachText(to), ...(body !== undefined && { body: detachText(body) }) };
}

/** What whoever looks may have of it: not the address of an object that it may not read. */
export function shownTo<V extends MessageView>(viewer: Viewer, view: V): V {
  const { objectUrl, objectKey = '' } = view;
  return objectUrl === undefined || viewer.readsObject(objectKey) ? view : { ...view, objectUrl: undefined };
}
