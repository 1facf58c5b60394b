import type { Prove } from './admission.ts';

/**
 * OOCSI's private handles, `name:password`. A client of any protocol whose id is in `users` must send that user's password. A client that
 * names an unknown user is refused, as by OOCSI's own server. All others are admitted without a proof.
 */
export function privateHandles(users: ReadonlyMap<string, string> = new Map()): Prove {
  return ({ id = '', password, namesUser }) => {
    const expected = users.get(id);
    if (expected === undefined) {
      return namesUser ? { reason: 'password', why: 'no such user is configured' } : { proof: 'none' };
    }
    return samePassword(expected, password) ? { proof: 'password' } : { reason: 'password', why: 'wrong password' };
  };
}

/** Compares in constant time, so that the time does not reveal how much was right. */
function samePassword(expected: string, given: string | undefined): boolean {
  if (given === undefined) return false;
  let difference = expected.length ^ given.length;
  for (let index = 0; index < given.length; index++) {
    difference |= given.charCodeAt(index) ^ expected.charCodeAt(index % expected.length);
  }
  return difference === 0;
}
