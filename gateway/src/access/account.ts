import { isGatewayName } from '../common/names.ts';

/** A token as it is kept; the token itself is shown once and never written down. */
export interface TokenRecord {
  /** Names it in lists and commands. */
  readonly id: string;
  /** SHA-256 of the token, hexadecimal. */
  readonly sha256: string;
  /** Milliseconds since 1970, by the clock of that moment. */
  readonly createdMs: number;
  /** What it is for, in somebody's words. */
  readonly label?: string | undefined;
}

/** A client certificate that was issued to an account. */
export interface CertificateRecord {
  /** Its serial number, hexadecimal. */
  readonly id: string;
  /** SHA-256 of the certificate (DER), hexadecimal, lower case. */
  readonly fingerprint: string;
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** A person, a program or a device. */
export interface Account {
  readonly name: string;
  readonly roles: readonly string[];
  /** When it ends, milliseconds since 1970; undefined: never. */
  readonly expiresMs?: number | undefined;
  /** Client ids that it owns beside its name and `name-*`: an id, or the beginning of ids with `*` at the end. */
  readonly ids: readonly string[];
  /** What its clients' channels and ids begin with for all others; undefined: it has no such place of its own. See namespace.ts. */
  readonly namespace?: string | undefined;
  /** Hash of its password, in a form of password-hashes.ts; undefined where it has none. */
  readonly password?: string | undefined;
  readonly tokens: readonly TokenRecord[];
  readonly certificates: readonly CertificateRecord[];
}

/** The longest name of an account. */
const MAX_NAME_LENGTH = 64;
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.@-]*[A-Za-z0-9_])?$/;

/** Why no account can have this name, as part of a sentence; undefined if it can. It is a level of a topic and part of `account/name:secret`. */
export function accountNameFault(name: string): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return `the name of an account has at most ${MAX_NAME_LENGTH} characters`;
  if (!NAME.test(name)) {
    return 'the name of an account has letters, digits and - _ . @, and begins and ends with a letter, a digit or _';
  }
  return undefined;
}

/** Why no new account can have this name, as part of a sentence: it would own its name, and those that the gateway answers to are nobody's. */
export function newAccountFault(name: string): string | undefined {
  return accountNameFault(name) ?? (isGatewayName(name) ? ofGateway(name) : undefined);
}

/** Why an account cannot be given this id, as part of a sentence; see `ownedIdFault`. */
export function newIdFault(pattern: string): string | undefined {
  return ownedIdFault(pattern) ?? (isGatewayName(pattern) ? ofGateway(pattern) : undefined);
}

function ofGateway(name: string): string {
  return `the name ${name} is the gateway's own, and can be nobody else's`;
}

/** Why an account cannot own these ids, as part of a sentence; undefined if it can. */
export function ownedIdFault(pattern: string): string | undefined {
  const text = pattern.endsWith('*') ? pattern.slice(0, -1) : pattern;
  if (text === '' || text.length > 256 || /[*#+\p{Cc}]/u.test(text)) {
    return `"${pattern}" is no client id, and not the beginning of one followed by *`;
  }
  return undefined;
}
