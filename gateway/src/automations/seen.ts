import { quote, type RawMember, tryScanObject } from '../common/json/scan.ts';
import { Fields, type MISSING } from '../hub/functional/fields.ts';
import type { Value } from '../hub/functional/value.ts';
import type { Message } from '../hub/message.ts';

const DOLLAR = 36;
const FROM_PYTHON = { nonFinite: true };

/**
 * What an automation sees of a message: the fields of an object, or `value` where it is a text or a single JSON value; and `$channel`,
 * `$sender`, and `$1`, `$2` and so on for the levels of the channel's name.
 */
export class Seen extends Fields {
  readonly #message: Message;

  constructor(message: Message) {
    super(membersOf(message));
    this.#message = message;
  }

  override get(name: string, lowerName: string): Value | typeof MISSING {
    if (name.charCodeAt(0) !== DOLLAR) return super.get(name, lowerName);
    const { to, from } = this.#message;
    if (lowerName === '$channel') return to;
    if (lowerName === '$sender') return from;
    return to.split('/')[Number(name.slice(1)) - 1];
  }
}

function membersOf(message: Message): readonly RawMember[] {
  const { kind } = message;
  if (kind === 'text') return [{ name: 'value', raw: quote(message.text) }];
  if (kind !== 'dict' && kind !== 'json') return [];
  return tryScanObject(message.text, FROM_PYTHON) ?? [{ name: 'value', raw: message.text.trim() }];
}
