/** What a client wants to read: one JSON object a line, Pure Data's lists, or what clients before version 1.0 read. */
export type ClientType = 'json' | 'pd' | 'legacy';

/** What the first line of a connection says. */
export interface FirstLine {
  /** The client's name, random digits filled in. */
  handle: string;
  type: ClientType;
  /** Set where the handle was written as `name:secret`. */
  secret: string | undefined;
  /** Set where the handle was written as `account/name:secret`. */
  account?: string | undefined;
  /** All of the handle with its secret, as the client wrote it. */
  written?: string | undefined;
  /** The pattern that the client sent, if it has `#` for random digits. */
  pattern?: string | undefined;
  /** The client gave no handle, so the gateway made one up. */
  isNameless?: boolean;
}

/** Why a first line is refused. `ssh`: an SSH client came to the wrong port. */
export type FirstLineFault = 'empty' | 'too_long' | 'not_ascii' | 'blank' | 'ssh';

export interface RefusedLine {
  fault: FirstLineFault;
  /** The handle, where it can be shown; else ''. */
  handle: string;
  type: ClientType;
}

export interface HandleSource {
  /** True where another client has this name now. */
  isTaken(handle: string): boolean;
  /** Also true for a name whose client is away and may come back. */
  isKnown(handle: string): boolean;
  /** True if the text before the first `/` of a handle with a secret is an account and not part of the name. */
  beginsWithAccount(handle: string): boolean;
  /** A number from 0 up to but not including 1. */
  random(): number;
}

/** OOCSI's own limit for the whole line, narrower than that of common/names.ts. */
const MAX_LENGTH = 200;
const MAX_TRIES = 20;
const PRINTABLE_ASCII = /^[ -~]*$/;

/** Reads the first line that a client sends: its handle, with marks for its type. */
export function parseFirstLine(text: string, source: HandleSource): FirstLine | RefusedLine {
  const line = text.trim();
  const type: ClientType = line.includes(';') ? 'pd' : line.includes('(JSON)') ? 'json' : 'legacy';
  const fault = faultOf(line);
  if (fault !== undefined && fault !== 'blank') return { fault, handle: '', type };
  const token = line.replaceAll(';', '').replaceAll('(JSON)', '');
  const colon = token.indexOf(':');
  const name = (colon < 0 ? token : token.slice(0, colon)).replace(/^\//, '').replace(/\/$/, '');
  if (fault === 'blank') return { fault, handle: name.trim(), type };
  if (name === '') return { fault: 'empty', handle: '', type };
  const hasSecret = colon >= 0;
  const slash = hasSecret && source.beginsWithAccount(name) ? name.indexOf('/') : -1;
  const own = name.slice(slash + 1);
  if (own === '') return { fault: 'empty', handle: '', type };
  return {
    handle: fillDigits(own, source),
    type,
    secret: hasSecret ? token.slice(colon + 1) : undefined,
    account: slash < 0 ? undefined : name.slice(0, slash),
    written: hasSecret ? token : undefined,
    pattern: own.includes('#') ? own : undefined,
  };
}

function faultOf(line: string): FirstLineFault | undefined {
  if (line.length > MAX_LENGTH) return 'too_long';
  if (line.includes('OpenSSH') || line.includes('libssh')) return 'ssh';
  if (!PRINTABLE_ASCII.test(line)) return 'not_ascii';
  return line.includes(' ') ? 'blank' : undefined;
}

/**
 * Replaces each `#` by a random digit. Twenty times it tries to find a name that no known client has, then one that no client has now;
 * if that fails too, it returns the last one tried.
 */
export function fillDigits(name: string, source: HandleSource): string {
  if (!name.includes('#')) return name;
  let handle = name;
  for (let tries = 0; tries < 2 * MAX_TRIES; tries++) {
    handle = name.replaceAll('#', () => String(Math.floor(source.random() * 10)));
    if (!(tries < MAX_TRIES ? source.isKnown(handle) : source.isTaken(handle))) break;
  }
  return handle;
}
