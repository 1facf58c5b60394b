import { describe, expect, test } from 'vitest';
import { parseIp } from '../src/identity.ts';

describe('the address of a server', () => {
  test.each([
    ['192.168.1.10', undefined, undefined, '192.168.1.10'],
    ['ann:secret@pi.local', 'ann', 'secret', 'pi.local'],
    ['ann@pi.local', 'ann', '', 'pi.local'],
    ['ann:a:b@c@pi.local', 'ann', 'a:b@c', 'pi.local'],
    ['ann:100%25@pi.local', 'ann', '100%', 'pi.local'],
    ['ann:100%@pi.local', 'ann', '100%', 'pi.local'],
  ])('%s', (ip, user, password, host) => {
    expect(parseIp(ip)).toEqual({ user, password, host });
  });
});
