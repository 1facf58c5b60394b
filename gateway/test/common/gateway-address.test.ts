import { describe, expect, it } from 'vitest';
import { gatewayAddress } from '../../src/common/gateway-address.ts';

describe('the address of a gateway', () => {
  it.each([
    ['localhost', 'ws://localhost:9898/'],
    ['pi.local', 'ws://pi.local:9898/'],
    ['192.168.1.5', 'ws://192.168.1.5:9898/'],
    ['::1', 'ws://[::1]:9898/'],
    ['[::1]', 'ws://[::1]:9898/'],
    ['2001:db8::7', 'ws://[2001:db8::7]:9898/'],
    ['anna:secret@pi.local', 'ws://anna:secret@pi.local:9898/'],
    ['pi.local/', 'ws://pi.local:9898/'],
  ])('has the port 9898 where a person names none: %s', (text, url) => {
    expect(gatewayAddress(text)?.href).toBe(url);
  });

  it.each([
    ['localhost:9000', 'ws://localhost:9000/'],
    ['localhost:80', 'ws://localhost/'],
    ['[::1]:9000', 'ws://[::1]:9000/'],
    ['ws://pi.local:9898', 'ws://pi.local:9898/'],
    ['WS://pi.local:9898/#x', 'ws://pi.local:9898/'],
    ['http://pi.local:9898/', 'ws://pi.local:9898/'],
    // A gateway behind a proxy.
    ['https://room.example.org', 'wss://room.example.org/'],
    ['http://room.example.org', 'ws://room.example.org/'],
  ])('is as it was written where it says more: %s', (text, url) => {
    expect(gatewayAddress(text)?.href).toBe(url);
  });

  it.each(['', '9898', 'a b', 'ws://', 'ftp://pi.local', 'pi.local:port', 'mqtt://pi.local', ':9898'])(
    'is not "%s"',
    (text) => {
      expect(gatewayAddress(text)).toBeUndefined();
    },
  );

  it('may have other schemes where these are asked for', () => {
    expect(gatewayAddress('mqtt://pi.local', ['ws:', 'mqtt:'])?.protocol).toBe('mqtt:');
  });
});
