/**
 * Names of channels and clients as NATS has them: levels are separated by `.`, each byte of UTF-8 outside `[A-Za-z0-9_-]` is `=XX`, and an empty
 * level is `=`. The same text is a key of a key-value bucket.
 */

/** A subject of over 4,096 bytes ends the whole connection to a NATS server; what is longer than this stays at its own gateway. */
export const MAX_NAME_BYTES = 3000;

const PLAIN = /^[A-Za-z0-9_-]*$/;
const EMPTY_LEVEL = '=';

/** A channel or id as a subject: `a/b c` is `a.b=20c`. undefined where it is too long to be one. */
export function subjectOf(name: string): string | undefined {
  const subject = name.split('/').map(encodeLevel).join('.');
  return subject.length <= MAX_NAME_BYTES ? subject : undefined;
}

/** An id as one level of a subject: its `/` is encoded, too. undefined where it is too long. */
export function levelOf(name: string): string | undefined {
  const level = encodeLevel(name);
  return level.length <= MAX_NAME_BYTES ? level : undefined;
}

/** The name that a subject was made of; undefined where it was made of none. */
export function nameOf(subject: string): string | undefined {
  const levels: string[] = [];
  for (const level of subject.split('.')) {
    const name = decodeLevel(level);
    if (name === undefined) return undefined;
    levels.push(name);
  }
  return levels.join('/');
}

/**
 * What to subscribe to for an MQTT topic filter: `+` is `*`, and `a/#` is `a` and `a.>`. undefined where it is too long. NATS' `>` stands for at
 * least one level, as `#` at the beginning does.
 */
export function subjectsOfFilter(filter: string): string[] | undefined {
  const levels = filter.split('/');
  const isOpen = levels.at(-1) === '#';
  if (isOpen) levels.pop();
  const subject = levels.map((level) => (level === '+' ? '*' : encodeLevel(level))).join('.');
  if (subject.length > MAX_NAME_BYTES) return undefined;
  if (!isOpen) return [subject];
  return levels.length === 0 ? ['>'] : [subject, `${subject}.>`];
}

/** The name that one level was made of; undefined where it was made of none. */
function decodeLevel(level: string): string | undefined {
  if (level === EMPTY_LEVEL) return '';
  if (level === '') return undefined;
  if (!level.includes('=')) return PLAIN.test(level) ? level : undefined;
  const bytes: number[] = [];
  for (let at = 0; at < level.length; at++) {
    if (level[at] !== '=') {
      if (!PLAIN.test(level[at] as string)) return undefined;
      bytes.push(level.charCodeAt(at));
      continue;
    }
    const hex = level.slice(at + 1, at + 3);
    if (!/^[0-9A-F]{2}$/.test(hex)) return undefined;
    bytes.push(Number.parseInt(hex, 16));
    at += 2;
  }
  try {
    const name = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    // There is one way to write each name.
    return encodeLevel(name) === level ? name : undefined;
  } catch {
    return undefined;
  }
}

function encodeLevel(level: string): string {
  if (level === '') return EMPTY_LEVEL;
  if (PLAIN.test(level)) return level;
  let encoded = '';
  for (const byte of Buffer.from(level)) {
    const character = String.fromCharCode(byte);
    encoded +=
      byte < 0x80 && PLAIN.test(character) ? character : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
