import { expect, it } from 'vitest';
import { type Handshake, Handshakes } from '../../../src/transports/tls/handshakes.ts';

it('counts the addresses of one network of IPv6 as one', () => {
  const handshakes = new Handshakes(10);
  const dropped: string[] = [];
  const begin = (address: string, name: string) => handshakes.begin({ address, drop: () => dropped.push(name) });
  for (let index = 0; index < 3; index++) begin('192.168.1.5', `lamp ${index}`);
  for (let index = 0; index < 1000; index++) begin(`2001:db8:0:1::${index.toString(16)}`, `flood ${index}`);
  expect(handshakes.count).toBe(10);
  expect(dropped).toHaveLength(993);
  expect(dropped.filter((name) => !name.startsWith('flood'))).toEqual([]);
});

it('drops the oldest of the address that begins most of them, so that others still get in', () => {
  const handshakes = new Handshakes(10);
  const dropped: string[] = [];
  const begin = (address: string, name: string): Handshake => {
    const handshake = { address, drop: () => dropped.push(name) };
    handshakes.begin(handshake);
    return handshake;
  };
  const lamp = begin('192.168.1.5', 'lamp');
  for (let index = 0; index < 1000; index++) begin('192.168.1.66', `flood ${index}`);
  begin('192.168.1.7', 'door');
  expect(handshakes.count).toBe(10);
  expect(dropped.slice(0, 2)).toEqual(['flood 0', 'flood 1']);
  expect(dropped).not.toContain('lamp');
  expect(dropped).not.toContain('door');
  handshakes.end(lamp);
  handshakes.end(lamp);
  expect(handshakes.count).toBe(9);
});
