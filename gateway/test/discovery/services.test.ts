import { describe, expect, it } from 'vitest';
import { announcementOf } from '../../src/discovery/oocsi-multicast.ts';
import { otherName, servicesOf } from '../../src/discovery/services.ts';

const CALLED = { name: 'CrossComm on pi', version: '1.2.3' };
const at = (host: string, port: number, tls?: 'accepted' | 'required') => ({ host, port, tls });

describe('what is announced', () => {
  it('is nothing of listeners that only this machine reaches', () => {
    expect(
      servicesOf({ http: at('127.0.0.1', 9898), mqtt: at('::1', 1883), oocsi: at('localhost', 4444) }, CALLED),
    ).toEqual([]);
  });

  it('is each listener with its port, version and path', () => {
    const found = servicesOf({ http: at('0.0.0.0', 9898), oocsi: at('192.168.1.7', 4444) }, CALLED);
    const common = { name: CALLED.name, isIPv4: true };
    const txt = { version: '1.2.3', tls: 'no' };
    expect(found).toEqual([
      { ...common, type: 'crosscomm', port: 9898, address: undefined, txt: { ...txt, path: '/' } },
      { ...common, type: 'http', port: 9898, address: undefined, txt: { ...txt, path: '/' } },
      { ...common, type: 'oocsi', port: 4444, address: '192.168.1.7', txt },
    ]);
  });

  it('says where TLS is taken, on the same port or on another', () => {
    const listeners = {
      ...{ http: at('::', 9898, 'required'), mqtt: at('::', 1883), mqttTls: at('::', 8883) },
      ...{ oocsi: at('::', 4444), oocsiTls: at('::', 4445) },
    };
    expect(servicesOf(listeners, CALLED).map(({ type, port, txt }) => [type, port, txt.tls, txt.tlsport])).toEqual([
      ['crosscomm', 9898, 'required', undefined],
      ['http', 9898, 'required', undefined],
      ['mqtt', 1883, 'no', '8883'],
      ['secure-mqtt', 8883, 'required', undefined],
      ['oocsi', 4444, 'no', '4445'],
    ]);
  });

  it('has a number where others have the name', () => {
    expect(otherName('CrossComm on pi')).toBe('CrossComm on pi (2)');
    expect(otherName('CrossComm on pi (9)')).toBe('CrossComm on pi (10)');
  });

  it('is to OOCSI’s Java client an address and a port', () => {
    expect(announcementOf('192.168.1.7', 4444)).toBe('OOCSI@192.168.1.7:4444');
  });
});
