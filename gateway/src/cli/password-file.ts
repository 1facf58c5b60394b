/** A line of a password file that has an account. */
export interface PasswordLine {
  /** From 1. */
  line: number;
  name: string;
  /** As mosquitto_passwd writes it: `$7$...` or `$6$...`. */
  passwordHash: string;
}

/** A line that cannot be imported, and why, as a sentence. */
export interface BadLine {
  line: number;
  account: string;
  why: string;
}

/**
 * Reads a password file of mosquitto: `name:hash` on each line. Empty lines and those that begin with # are left out.
 * Source: mosquitto_passwd(1) and src/password_file.c of mosquitto.
 */
export function readPasswordFile(text: string): { lines: PasswordLine[]; bad: BadLine[] } {
  const lines: PasswordLine[] = [];
  const bad: BadLine[] = [];
  const seen = new Map<string, number>();
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const content = raw.replace(/\r$/, '');
    if (content.trim() === '' || content.startsWith('#')) continue;
    const line = index + 1;
    const colon = content.indexOf(':');
    const name = content.slice(0, Math.max(colon, 0)).trim();
    const passwordHash = content.slice(colon + 1).trim();
    const before = seen.get(name);
    const why = name === '' ? 'It is not name:hash.' : faultOf(passwordHash, before);
    if (why === undefined) lines.push({ line, name, passwordHash });
    else bad.push({ line, account: name, why });
    if (before === undefined) seen.set(name, line);
  }
  return { lines, bad };
}

function faultOf(passwordHash: string, before: number | undefined): string | undefined {
  if (before !== undefined) return `Line ${before} has the same name.`;
  if (passwordHash === '') return 'It has no password.';
  if (!passwordHash.startsWith('$')) return 'Its password is not hashed: run mosquitto_passwd -U on the file first.';
  if (passwordHash.startsWith('$argon2'))
    return 'Its password is hashed with Argon2, which is not known here: give it a new one.';
  return undefined;
}
