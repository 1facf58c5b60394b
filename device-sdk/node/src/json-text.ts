import { FrameError, jsonTextToValue, type Value } from '@crosscomm/protocol';
import { CrossCommError } from './error.ts';

/** What JSON can say is nested at most so deep. */
export const MAX_DEPTH = 64;

/** The value of a JSON text; Python's NaN and Infinity are read. Throws FrameError. */
export function parseJson(text: string): Value {
  return jsonTextToValue(text, { maxDepth: MAX_DEPTH });
}

/**
 * JSON text as the content of a message. CrossComm's text carries it as it is written, each digit of `1.0` and `9007199254740993`;
 * frames carry its value.
 */
export class JsonText {
  readonly text: string;
  readonly value: Value;

  /** @throws CrossCommError `bad_content` where the text is not JSON */
  constructor(text: string) {
    this.text = text.trim();
    try {
      this.value = parseJson(this.text);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      throw new CrossCommError('bad_content', `The content is not JSON: ${error.message}.`, { cause: error });
    }
  }
}

const STRING = /"(?:[^"\\]|\\.)*"/y;

/**
 * The text of a member's value in the text of a JSON object that was read without a fault; undefined where there is no such member.
 * Of two with one name the last counts, as in `JSON.parse`.
 */
export function memberText(object: string, name: string): string | undefined {
  let found: string | undefined;
  let depth = 0;
  /** The name of the member that is looked at, and where its value begins. */
  let member: string | undefined;
  let start = 0;
  for (let at = 0; at < object.length; at++) {
    const character = object[at];
    if (character === '"') {
      STRING.lastIndex = at;
      const [string = ''] = STRING.exec(object) ?? [];
      if (depth === 1 && member === undefined) {
        member = JSON.parse(string) as string;
        start = object.indexOf(':', at + string.length) + 1;
        at = start - 1;
      } else at += string.length - 1;
    } else if (depth === 1 && (character === ',' || character === '}')) {
      if (member === name) found = object.slice(start, at).trim();
      member = undefined;
      if (character === '}') depth--;
    } else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
  }
  return found;
}
