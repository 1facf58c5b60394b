import { JsonScanError, quote, type RawMember, scanObject, skipValue } from '../../common/json/scan.ts';
import type { SendOptions } from '../../hub/hub.ts';
import { Message } from '../../hub/message.ts';
import { tidy, toEventData } from './event-data.ts';
import { mayHaveOptions, readOptions } from './event-options.ts';

/** A message that a client sends, read. */
export interface Event {
  message: Message;
  options: SendOptions | undefined;
  /** Set where the text was not a JSON object; the message is empty then, as it is from the reference server. */
  fault: string | undefined;
}

const OPEN_BRACE = 123;

/**
 * Reads what a client sends: a JSON object, or where it may be `plain` any other text, which becomes `{"data": text}`. What
 * follows the object is left out, as the reference server does.
 */
export function readEvent(from: string, to: string, text: string, plain: boolean, nowMs: number): Event {
  let body = text;
  let members: RawMember[] = [];
  let fault: string | undefined;
  if (plain && text.charCodeAt(0) !== OPEN_BRACE) {
    const raw = quote(text);
    body = `{"data":${raw}}`;
    members.push({ name: 'data', raw });
  } else {
    try {
      members = scanObject(text);
    } catch (error) {
      ({ body, members, fault } = readRemains(text, error));
    }
  }
  const data = tidy(members);
  const options = mayHaveOptions(body) ? readOptions(data) : undefined;
  const message = new Message({ from, to, kind: 'dict', body, timestampMs: nowMs });
  toEventData.seed(message, data);
  return { message, options, fault };
}

/** The message that stands in for text that is not a JSON object; throws any other error again. */
function readRemains(text: string, error: unknown): { body: string; members: RawMember[]; fault: string | undefined } {
  if (!(error instanceof JsonScanError)) throw error;
  const object = leadingObject(text);
  const body = object ?? '{}';
  return { body, members: scanObject(body), fault: object === undefined ? error.message : undefined };
}

/** The object that `text` begins with; undefined where there is none. */
function leadingObject(text: string): string | undefined {
  try {
    const object = text.trimStart();
    return object.charCodeAt(0) === OPEN_BRACE ? object.slice(0, skipValue(object, 0)) : undefined;
  } catch (error) {
    if (error instanceof JsonScanError) return undefined;
    throw error;
  }
}
