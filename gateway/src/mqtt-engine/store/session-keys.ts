/** Under which keys the database has what belongs to a session: each begins with one of these, and the client's id. */
export const QUEUES = 'queue:';
export const INCOMING = 'incoming:';
export const SUBSCRIPTIONS = 'subscriptions:';
export const SESSIONS = 'session:';
export const WILLS = 'will:';
/** Retained messages, by their topic. */
export const RETAINED = 'retained:';
/** What earlier versions had: the queues, and their packet ids. */
export const OUTGOING = 'outgoing:';
export const OUTGOING_IDS = 'outgoing-id:';

/** Every key that begins with `prefix`, whose last character is a colon. */
export function rangeOf(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix.slice(0, -1)};` };
}

/** The client id in a key such as `queue:<id>:<rest>`, or `session:<id>`. */
export function idIn(key: string, prefix: string): string {
  const end = key.indexOf(':', prefix.length);
  return decodeURIComponent(key.slice(prefix.length, end < 0 ? key.length : end));
}

/** The key of something that a client has one of. */
export function keyOf(prefix: string, id: string): string {
  return `${prefix}${encodeURIComponent(id)}`;
}
