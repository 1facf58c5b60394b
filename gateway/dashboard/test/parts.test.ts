import { describe, expect, it } from 'vitest';
import type { Guide } from '../src/api/types.ts';
import { Ring } from '../src/common/ring.ts';
import { sortRows } from '../src/components/sort.ts';
import { addressesOf, listenerIn } from '../src/pages/connect/addresses.ts';

describe('a ring', () => {
  it('keeps the newest values in their order', () => {
    const ring = new Ring<number>(3);
    for (const value of [1, 2, 3, 4, 5]) ring.push(value);
    expect([ring.length, ring.toArray()]).toEqual([3, [3, 4, 5]]);
    ring.clear();
    ring.push(6);
    expect(ring.toArray()).toEqual([6]);
  });
});

describe('rows of a table', () => {
  const sorted = (values: (string | number | undefined)[], isDescending = false) =>
    sortRows(values, (value) => value, isDescending);

  it('are sorted as people count', () => {
    expect(sorted(['pi-10', 'pi-2', 'Pi-1'])).toEqual(['Pi-1', 'pi-2', 'pi-10']);
    expect(sorted([10, 9, 100], true)).toEqual([100, 10, 9]);
  });

  it('without a value come last, whatever the order', () => {
    expect(sorted([undefined, 1, 2])).toEqual([1, 2, undefined]);
    expect(sorted([undefined, 1, 2], true)).toEqual([2, 1, undefined]);
  });
});

describe('addresses to connect to', () => {
  const guide: Guide = {
    ...{ label: 'MQTT', title: 'MQTT' },
    ways: [
      { listener: 'mqtt', standardPort: 1883, who: 'boards' },
      { listener: 'mqttTls', standardPort: 8883, who: 'by TLS', isOptional: true },
      { webSocket: '/mqtt', who: 'pages' },
    ],
  };
  const place = { protocol: 'https:', hostname: 'pi.local', host: 'pi.local:9898' };

  it('are those of open listeners, by the name by which the page was found', () => {
    expect(addressesOf(guide, { mqtt: { host: '0.0.0.0', port: 1884 } }, place)).toEqual([
      { text: 'pi.local:1884', who: 'boards', isTlsOnly: false },
      { text: 'wss://pi.local:9898/mqtt', who: 'pages', isTlsOnly: false },
    ]);
  });

  it('say where only TLS is taken', () => {
    const [only] = addressesOf(guide, { mqtt: { port: 1883, tls: 'required' } }, place);
    expect(only).toMatchObject({ isTlsOnly: true });
  });

  it('are no lists of serial ports', () => {
    expect(listenerIn({ serial: [{ path: '/dev/ttyACM0' }] }, 'serial')).toBeUndefined();
  });
});
