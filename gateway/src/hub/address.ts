import { channelFault } from '../common/names.ts';

/** What a subscriber or sender wrote for a channel: `name`, `name:password`, or `name[filter(...);transform(...)]`. */
export interface Address {
  /** The channel's name. */
  name: string;
  /** The password of a private channel. */
  password: string | undefined;
  /** What stands between the brackets of a functional channel. */
  functions: string | undefined;
}

/** OOCSI's presence channels; the name between the parentheses may also hold what separates the parts of an address. */
const PRESENCE = /^presence\(.+\)$/s;

/**
 * Takes an address apart; `presence(...)` is one name whatever is inside. Returns undefined where it is malformed: an
 * empty name, one that no channel can have, or a bracket that is not closed.
 */
export function parseAddress(text: string): Address | undefined {
  if (channelFault(text) !== undefined) return undefined;
  if (PRESENCE.test(text)) return { name: text, password: undefined, functions: undefined };
  let name = text;
  let functions: string | undefined;
  const bracket = text.indexOf('[');
  if (bracket >= 0) {
    if (!text.endsWith(']')) return undefined;
    functions = text.slice(bracket + 1, -1).trim();
    name = text.slice(0, bracket);
  }
  let password: string | undefined;
  const colon = name.indexOf(':');
  if (colon >= 0) {
    password = name.slice(colon + 1);
    name = name.slice(0, colon);
    if (password === '') password = undefined;
  }
  return name.length === 0 ? undefined : { name, password, functions };
}

/** True if `text` contains a password, which no other client may learn. */
export function hasPassword(text: string): boolean {
  return text.includes(':') && parseAddress(text)?.password !== undefined;
}

/** An address for the log: without what may be a password. */
export function withoutPassword(text: string): string {
  const colon = text.indexOf(':');
  return colon < 0 ? text : text.slice(0, colon);
}
