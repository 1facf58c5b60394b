import { FrameError, type Value, type ValueMap, valueToJsonText } from '@crosscomm/protocol';
import { toPlain } from './content.ts';
import { JsonText, memberText, parseJson } from './json-text.ts';

/** A message of CrossComm's own protocol; the content is still a value. */
export interface TextMessage<Content = Value> {
  msgId: string;
  from: string;
  to: string;
  /** Any of CommMsgType. */
  type: string;
  content: Content;
  /** Seconds since 1970. */
  timestamp: number;
  ossKey: string | null;
}

/** The JSON text of a message: the seven members that pywayne knows, and in its order. */
export function encodeText(message: TextMessage<Value | JsonText>): string {
  const { msgId, from, to, type, content, timestamp, ossKey } = message;
  const members: [name: string, value: Value | JsonText][] = [
    ['msg_id', msgId],
    ['from_client_id', from],
    ['to_client_id', to],
    ['msg_type', type],
    ['content', content],
    ['timestamp', timestamp],
    ['oss_key', ossKey],
  ];
  const texts = members.map(
    ([name, value]) => `"${name}":${value instanceof JsonText ? value.text : valueToJsonText(value)}`,
  );
  return `{${texts.join(',')}}`;
}

/** The message that a JSON text is; undefined where it is none. */
export function decodeText(text: string): TextMessage | undefined {
  const members = parseObject(text);
  const type = members?.get('msg_type');
  const from = members?.get('from_client_id');
  if (members === undefined || typeof type !== 'string' || typeof from !== 'string') return undefined;
  const ossKey = members.get('oss_key');
  return {
    msgId: String(members.get('msg_id') ?? ''),
    from,
    to: String(members.get('to_client_id') ?? ''),
    type,
    content: members.get('content') ?? null,
    timestamp: Number(toPlain(members.get('timestamp') ?? null)) || Date.now() / 1000,
    ossKey: typeof ossKey === 'string' ? ossKey : null,
  };
}

/** The content of the message that a JSON text is, as it is written there; of type `json` what its string says. */
export function contentText(text: string, type: string): string {
  const written = memberText(text, 'content') ?? 'null';
  return type === 'json' && written.startsWith('"') ? (JSON.parse(written) as string) : written;
}

/** The members of a JSON object; undefined where the text is none. */
export function parseObject(text: string): ValueMap | undefined {
  try {
    const value = parseJson(text);
    return value instanceof Map ? value : undefined;
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}

/** The bytes of a base64 text; undefined where it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
