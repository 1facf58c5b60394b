import { describe, expect, it } from 'vitest';
import { OOCSI_USERS, oocsiUsers } from '../../src/config/secrets.ts';

const users = (value?: string) => oocsiUsers(value === undefined ? {} : { [OOCSI_USERS]: value });

describe('the users from the environment', () => {
  it('are none without the variable: there is no default secret', () => {
    expect(users().size).toBe(0);
    expect(users('').size).toBe(0);
  });

  it('are names with passwords, which may hold colons', () => {
    expect([...users('anna:secret, ben:a:b,')]).toEqual([
      ['anna', 'secret'],
      ['ben', 'a:b'],
    ]);
  });

  it.each([
    ['hunter2', /Entry 1 .* has no colon/],
    ['anna:x,:hunter2', /Entry 2 .* needs a name/],
    ['an na:hunter2', /needs a name without blanks/],
    ['anna:', /has no password/],
    ['anna:x,anna:hunter2', /has the name of an entry before it/],
  ])('are refused where an entry is wrong, without showing a password: %s', (value, message) => {
    expect(() => users(value)).toThrow(message);
    expect(() => users(value)).not.toThrow(/hunter2/);
  });
});
