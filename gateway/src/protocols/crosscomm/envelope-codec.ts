import {
  decodeString,
  JsonScanError,
  type RawMember,
  scanObject,
  skipValue,
  writeObject,
} from '../../common/json/scan.ts';

/** What a CrossComm frame says beside its content. Values called raw are slices of the frame's text. */
export interface Envelope {
  /** Raw: the reference does not validate message ids. */
  rawId: string;
  /** The sender that the frame names; undefined where it is not a string. */
  from: string | undefined;
  to: string;
  type: string;
  rawContent: string;
  /** Raw: usually a number of seconds, but the reference does not validate it. */
  rawTimestamp: string;
  /** Raw; undefined where the frame has none. */
  rawObjectKey: string | undefined;
}

/** Python writes NaN and the infinities, and they pass through this gateway. */
const SCAN = { nonFinite: true };

/**
 * What nearly every frame begins and ends with, as Python's `json.dumps` and `JSON.stringify` write it. Anything else,
 * escapes and another order included, is read member by member.
 */
const PLAIN = '"([^"\\\\\\x00-\\x1f]*)"';
const HEAD = new RegExp(
  `\\{"msg_id": ?(${PLAIN}), ?"from_client_id": ?${PLAIN}, ?"to_client_id": ?${PLAIN}, ?"msg_type": ?${PLAIN}, ?"content": ?`,
  'y',
);
const TAIL = new RegExp(
  `, ?"timestamp": ?(-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?)(?:, ?"oss_key": ?(null|${PLAIN}))?\\}$`,
  'y',
);

/** Reads the envelope of a frame. Returns a sentence saying what is wrong where it is not one. */
export function readEnvelope(text: string): Envelope | string {
  try {
    return readUsual(text) ?? readAny(text);
  } catch (error) {
    if (error instanceof JsonScanError) return `the frame is not one JSON object: ${error.message}`;
    throw error;
  }
}

function readUsual(text: string): Envelope | undefined {
  HEAD.lastIndex = 0;
  const head = HEAD.exec(text);
  if (head === null) return undefined;
  const begin = HEAD.lastIndex;
  // Nested values begin at level 2: the frame itself is level 1.
  const end = skipValue(text, begin, SCAN, 1);
  TAIL.lastIndex = end;
  const tail = TAIL.exec(text);
  if (tail === null) return undefined;
  return {
    rawId: head[1] as string,
    from: head[3],
    to: head[4] as string,
    type: head[5] as string,
    rawContent: text.slice(begin, end),
    rawTimestamp: tail[1] as string,
    rawObjectKey: tail[2],
  };
}

const KEYS = ['msg_id', 'from_client_id', 'to_client_id', 'msg_type', 'content', 'timestamp', 'oss_key'];

function readAny(text: string): Envelope | string {
  const raw = new Map<string, string>();
  for (const member of scanObject(text, SCAN)) {
    if (!KEYS.includes(member.name))
      return `the frame has a key that CrossComm does not know: ${member.name.slice(0, 40)}`;
    // Two readers may disagree about which of the two counts.
    if (raw.has(member.name)) return `the frame has the key ${member.name} twice`;
    raw.set(member.name, member.raw);
  }
  const get = (name: string): string => raw.get(name) ?? '';
  for (const name of KEYS) {
    if (name !== 'oss_key' && !raw.has(name)) return `the frame lacks the key ${name}`;
  }
  const to = decodeIfString(get('to_client_id'));
  if (to === undefined) return 'the recipient, to_client_id, is not a string';
  const type = decodeIfString(get('msg_type'));
  if (type === undefined) return 'the message type, msg_type, is not a string';
  return {
    rawId: get('msg_id'),
    from: decodeIfString(get('from_client_id')),
    to,
    type,
    rawContent: get('content'),
    rawTimestamp: get('timestamp'),
    rawObjectKey: raw.get('oss_key'),
  };
}

/** The string that a raw JSON value is; undefined where it is something else. */
export function decodeIfString(raw: string): string | undefined {
  return raw.charCodeAt(0) === 34 ? decodeString(raw) : undefined;
}

/** The same frame with another sender; every other value stays as it was written. `text` must be a readable frame. */
export function restamp(text: string, from: string): string {
  const members = scanObject(text, SCAN).map(
    (member): RawMember =>
      member.name === 'from_client_id' ? { name: member.name, raw: JSON.stringify(from) } : member,
  );
  return writeObject(members);
}
