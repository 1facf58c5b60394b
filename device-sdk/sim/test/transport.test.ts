import { describe, expect, it } from 'vitest';
import { SimError } from '../src/error.ts';
import { transportTo } from '../src/transport.ts';

const wayTo = (url: string): unknown => {
  const { transport, ...login } = transportTo(new URL(url));
  return { kind: transport.constructor.name, address: transport.address, ...login };
};

describe('the way to a gateway', () => {
  it.each([
    ['ws://pi.local:9898', 'WebSocketTransport', 'ws://pi.local:9898/'],
    ['wss://room.example.org/#x', 'WebSocketTransport', 'wss://room.example.org/'],
    ['mqtt://pi.local', 'MqttTransport', 'mqtt://pi.local:1883'],
    ['mqtt://[::1]:2883', 'MqttTransport', 'mqtt://::1:2883'],
  ])('is by the protocol that its address names: %s', (url, kind, address) => {
    expect(wayTo(url)).toEqual({ kind, address });
  });

  it('has the name and password out of the address, which no message shows then', () => {
    const login = { user: 'anna', password: 'a b' };
    expect(wayTo('ws://anna:a%20b@pi.local:9898/')).toMatchObject({ address: 'ws://pi.local:9898/', ...login });
    expect(wayTo('mqtt://anna:a%20b@pi.local')).toMatchObject({ address: 'mqtt://pi.local:1883', ...login });
  });

  it.each([
    ['ftp://pi.local', '"ftp://pi.local/" is not the address of a gateway'],
    ['ws://a%zz@pi.local', 'A % in the name or password of the address'],
  ])('is none by %s', (url, reason) => {
    expect(() => transportTo(new URL(url))).toThrow(SimError);
    expect(() => transportTo(new URL(url))).toThrow(reason);
  });
});
