import { isLoopback } from '../common/loopback.ts';
import { isPresenceName } from '../common/names.ts';
import type { Protocol } from '../hub/session.ts';

/** Who asks to join, and what it brings along. */
export interface JoinRequest {
  id: string;
  protocol: Protocol;
  /** The address it comes from, or the serial port. */
  peer: string;
  username?: string | undefined;
  password?: string | undefined;
}

export type Verdict = { allowed: true } | { allowed: false; why: string };

/**
 * The one place that every session asks. Today anyone who can reach a door may join; only OOCSI's private handles
 * (`name:password`) need a password that the gateway was given, and what is the operator's is for programs on this machine.
 */
export interface Policy {
  mayJoin(request: JoinRequest): Verdict;
  maySend(id: string, channel: string): boolean;
  maySubscribe(id: string, channel: string): boolean;
  /** Whether whoever asks from `peer`, an address without a port, may read an object without a signed address. */
  mayRead(peer: string, key: string): boolean;
  /** Whether whoever asks from `peer`, an address without a port, may see which objects there are, and their signed addresses. */
  mayList(peer: string): boolean;
  /** Whether whoever asks from `peer`, an address without a port, may see and change what is the operator's. */
  mayOperate(peer: string): boolean;
}

const ALLOWED: Verdict = { allowed: true };

/** Lets everyone in; a client whose id is in `users` must bring that user's password, and no other may bring one by OOCSI. */
export function openPolicy(users: ReadonlyMap<string, string> = new Map()): Policy {
  return {
    mayJoin({ id, protocol, password }) {
      const expected = users.get(id);
      if (expected === undefined) {
        return protocol === 'oocsi' && password !== undefined
          ? { allowed: false, why: 'no such user is configured' }
          : ALLOWED;
      }
      return samePassword(expected, password) ? ALLOWED : { allowed: false, why: 'wrong password' };
    },
    // Presence is the gateway's word on others.
    maySend: (_id, channel) => !isPresenceName(channel),
    maySubscribe: () => true,
    mayRead: () => true,
    mayList: () => true,
    mayOperate: isLoopback,
  };
}

/** Compares in a time that does not tell how much was right. */
function samePassword(expected: string, given: string | undefined): boolean {
  if (given === undefined) return false;
  let difference = expected.length ^ given.length;
  for (let index = 0; index < given.length; index++) {
    difference |= given.charCodeAt(index) ^ expected.charCodeAt(index % expected.length);
  }
  return difference === 0;
}
