import { FrameError, type Value, type ValueMap, valueToJsonText } from '@crosscomm/protocol';
import { parseJson, toPlain } from './content.ts';

/** A message of CrossComm's own protocol; the content is still a value. */
export interface TextMessage {
  msgId: string;
  from: string;
  to: string;
  /** Any of CommMsgType. */
  type: string;
  content: Value;
  /** Seconds since 1970. */
  timestamp: number;
  ossKey: string | null;
}

/** The JSON text of a message: the seven members that pywayne knows, and in its order. */
export function encodeText({ msgId, from, to, type, content, timestamp, ossKey }: TextMessage): string {
  return valueToJsonText(
    new Map<string, Value>([
      ['msg_id', msgId],
      ['from_client_id', from],
      ['to_client_id', to],
      ['msg_type', type],
      ['content', content instanceof Uint8Array ? base64(content) : content],
      ['timestamp', timestamp],
      ['oss_key', ossKey],
    ]),
  );
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
    timestamp: Number(toPlain(members.get('timestamp') ?? 0)),
    ossKey: typeof ossKey === 'string' ? ossKey : null,
  };
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

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The bytes of a base64 text; undefined where it is none. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
