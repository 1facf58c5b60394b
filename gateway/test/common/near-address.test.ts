import { networkInterfaces } from 'node:os';
import { expect, test, vi } from 'vitest';
import { isNearAddress } from '../../src/common/near-address.ts';
import { plainAddress } from '../../src/common/peer-address.ts';

vi.mock('node:os', { spy: true });

test('addresses of private networks, and of this machine, are near', () => {
  const near = [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.20',
    '169.254.3.4',
    '100.64.0.1',
    '::1',
    'fe80::1%eth0',
    'fd00::7',
  ];
  expect([...near, '::ffff:192.168.1.20'].filter((address) => !isNearAddress(address))).toEqual([]);
});

test('addresses of elsewhere are not', () => {
  const far = ['203.0.113.5', '172.32.0.1', '8.8.8.8', '2001:db8::1', '::ffff:8.8.8.8', 'nonsense', ''];
  expect(far.filter(isNearAddress)).toEqual([]);
});

test('addresses of a network that this machine is in now are near, but for one that is nearly everything', () => {
  const at = (address: string, cidr: string, family: 'IPv4' | 'IPv6') =>
    ({ address, cidr, family, netmask: '', mac: '', internal: false, scopeid: 0 }) as const;
  vi.mocked(networkInterfaces).mockReturnValue({
    eth0: [at('203.0.113.7', '203.0.113.7/24', 'IPv4'), at('2001:db8::7', '2001:db8::7/64', 'IPv6')],
    tun0: [at('0.0.0.1', '0.0.0.1/1', 'IPv4')],
  });
  expect(['203.0.113.5', '2001:db8::1', '8.8.8.8', '2001:db9::1'].map(isNearAddress)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('an address is plain without what systems add to it', () => {
  expect(['::ffff:1.2.3.4', 'fe80::1%eth0', '::1', '1.2.3.4'].map(plainAddress)).toEqual([
    '1.2.3.4',
    'fe80::1',
    '::1',
    '1.2.3.4',
  ]);
});
