/** Under which keys the database has what belongs to a session: each begins with one of these, and the client's id. */
export const OUTGOING = 'outgoing:';
export const INCOMING = 'incoming:';
export const OUTGOING_IDS = 'outgoing-id:';
export const SUBSCRIPTIONS = 'subscriptions:';
/** When the client of a session was here last, in milliseconds that the gateway has run; then a blank and its account, if it has one. */
export const SESSIONS = 'session:';

/** Every key that begins with `prefix`, whose last character is a colon. */
export function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix.slice(0, -1)};` };
}

/** The client id in a key such as `outgoing:<id>:<rest>`. */
export function idIn(key: string, prefix: string): string {
  return decodeURIComponent(key.slice(prefix.length, key.indexOf(':', prefix.length)));
}

/** The key of something that a client has one of. */
export function keyOf(prefix: string, id: string): string {
  return `${prefix}${encodeURIComponent(id)}`;
}
