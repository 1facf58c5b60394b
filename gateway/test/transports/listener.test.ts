import { describe, expect, it } from 'vitest';
import { peerOf } from '../../src/transports/listener.ts';

describe('where a connection comes from', () => {
  it.each([
    ['192.168.1.20', '192.168.1.10', '192.168.1.20:4000'],
    ['127.0.0.1', '127.0.0.1', '127.0.0.1:4000'],
    ['::1', '::1', '[::1]:4000'],
    ['fe80::2', 'fe80::1', '[fe80::2]:4000'],
  ])('is its address: %s', (remoteAddress, localAddress, peer) => {
    expect(peerOf({ remoteAddress, localAddress, remotePort: 4000 })).toBe(peer);
  });

  it.each(['192.168.1.10', '::ffff:192.168.1.10', 'fe80::1'])(
    'is this machine, where that asks at its own address %s',
    (address) => {
      expect(peerOf({ remoteAddress: address, localAddress: address, remotePort: 4000 })).toBe('127.0.0.1:4000');
    },
  );

  it('is unknown after the connection has broken', () => {
    expect(peerOf({ remoteAddress: undefined, remotePort: undefined })).toBe('unknown');
  });
});
