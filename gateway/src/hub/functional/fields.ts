import { decodeString, type RawMember, tryScanObject } from '../../common/json/scan.ts';
import { defineEncoding, type Message } from '../message.ts';
import type { Value } from './value.ts';

/** The value of a field that a message does not have. */
export const MISSING = null;

/** What JSON's raw text stands for: `null` is a missing field, an array or object an error in whatever uses it. */
function decode(raw: string): Value | typeof MISSING {
  switch (raw.charCodeAt(0)) {
    case 34:
      return decodeString(raw);
    case 91:
    case 123:
      return undefined;
    case 110:
      return MISSING;
    case 116:
      return true;
    case 102:
      return false;
    default:
      return Number(raw);
  }
}

/** The fields of one message that carries a JSON object. */
export class Fields {
  readonly members: readonly RawMember[];
  readonly #byName = new Map<string, string>();
  /** What was asked for already: a thousand subscriptions may each ask a hundred times for a text of a megabyte. */
  readonly #values = new Map<string, Value | typeof MISSING>();
  #byLowerName: Map<string, string> | undefined;

  constructor(members: readonly RawMember[]) {
    this.members = members;
    for (const { name, raw } of members) this.#byName.set(name, raw);
  }

  /** The field `name`; if there is none, the one whose name differs only in case. `lowerName` is `name` in lower case. */
  get(name: string, lowerName: string): Value | typeof MISSING {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const raw = this.#byName.get(name) ?? this.#lower().get(lowerName);
    const value = raw === undefined ? MISSING : decode(raw);
    this.#values.set(name, value);
    return value;
  }

  /** The JSON text of the field of exactly this name. */
  raw(name: string): string | undefined {
    return this.#byName.get(name);
  }

  #lower(): Map<string, string> {
    if (!this.#byLowerName) {
      this.#byLowerName = new Map();
      for (const [name, raw] of this.#byName) this.#byLowerName.set(name.toLowerCase(), raw);
    }
    return this.#byLowerName;
  }
}

const FROM_PYTHON = { nonFinite: true };

/** Read once for all subscribers; null where the message carries no JSON object. */
const reading = defineEncoding<Fields | null>((message) => {
  if (message.kind !== 'dict' && message.kind !== 'json') return null;
  const members = tryScanObject(message.text, FROM_PYTHON);
  return members ? new Fields(members) : null;
});

/** The fields of a `dict`, or of a `json` whose text is an object; null for any other message. */
export function fieldsOf(message: Message): Fields | null {
  return reading.of(message);
}
