import { JsonScanError, scanObject } from '../common/json/scan.ts';
import type { Admission, Written } from './admission.ts';
import type { Principal } from './principal.ts';

/** The field that makes a message a call, of any protocol: the name of the function. */
const HANDLE = '_MESSAGE_HANDLE';
const HANDLE_BYTES = Buffer.from(HANDLE);
const UNDERSCORE = 0x5f;
const BACKSLASH = 0x5c;

/**
 * Whether a principal may send this JSON text to a channel or client to which it may send at all: a call needs the right to call, too,
 * whatever protocol carries it.
 */
export function mayCarry(
  access: Admission,
  principal: Principal,
  to: string,
  text: string | Uint8Array,
  written?: Written,
): boolean {
  if (principal.rights.callsFreely || typeof text !== 'string' || !isCall(text)) return true;
  return access.mayCall(principal, to, written);
}

/** Whether bytes may be the text of a call: to look costs less than to make a text of them for each message. */
export function mayBeCall(bytes: Buffer): boolean {
  return bytes.includes(BACKSLASH) || (bytes.includes(UNDERSCORE) && bytes.includes(HANDLE_BYTES));
}

function isCall(text: string): boolean {
  // Most messages need not be scanned for it: the name is in none of them, and no escape that could hide it.
  if (!text.includes(HANDLE) && !text.includes('\\')) return false;
  try {
    return scanObject(text).some(({ name }) => name === HANDLE);
  } catch (error) {
    if (error instanceof JsonScanError) return false;
    throw error;
  }
}
