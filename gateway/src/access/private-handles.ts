import type { Prove } from './admission.ts';

/**
 * OOCSI's private handles, `name:password`: a client whose id is in `users` must bring that user's password, on whatever wire, and who
 * names a user that is not there is refused, as by OOCSI. Everyone else is let in without a proof.
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

/** Compares in a time that does not tell how much was right. */
function samePassword(expected: string, given: string | undefined): boolean {
  if (given === undefined) return false;
  let difference = expected.length ^ given.length;
  for (let index = 0; index < given.length; index++) {
    difference |= given.charCodeAt(index) ^ expected.charCodeAt(index % expected.length);
  }
  return difference === 0;
}
