import { expect, test } from 'vitest';
import {
  isAllowed,
  isUsbPortName,
  type PortFacts,
  sanitise,
  stableId,
  uniqueId,
} from '../../../src/transports/serial/identity.ts';
import { lineSettings } from '../../../src/transports/serial/reset.ts';

const port = (facts: Partial<PortFacts> = {}): PortFacts => ({ path: '/dev/ttyACM0', ...facts });

test('a board is named by its serial number', () => {
  expect(stableId(port({ serialNumber: '7573530313635191C1E1', byIdName: 'usb-x' }))).toBe(
    'serial-7573530313635191C1E1',
  );
});

test('a board without a serial number is named by its by-id name, and without that by its file', () => {
  expect(stableId(port({ byIdName: 'usb-1a86_USB_Serial-if00-port0' }))).toBe('serial-1a86_USB_Serial');
  expect(stableId(port())).toBe('serial-ttyACM0');
  expect(stableId(port({ serialNumber: '///' }))).toBe('serial-ttyACM0');
});

test('an id has only letters, digits, dots, dashes and underscores, and is not endless', () => {
  expect(sanitise(' 5E:A2 / Größe#1 ')).toBe('5E_A2_Gro_e_1');
  expect(sanitise('../../etc')).toBe('etc');
  expect(sanitise('x'.repeat(1000))).toHaveLength(64);
});

test('boards with the same serial number get different ids', () => {
  const taken = new Set(['serial-0001', 'serial-0001-2']);
  expect(uniqueId('serial-0001', (id) => taken.has(id))).toBe('serial-0001-3');
  expect(uniqueId('serial-0002', (id) => taken.has(id))).toBe('serial-0002');
});

test('only the names of USB serial ports are theirs', () => {
  const names = ['ttyACM0', 'ttyUSB12', 'ttyS0', 'ttyAMA0', 'tty', 'ttyACM', 'ttyACM0.env', 'xttyACM0'];
  expect(names.filter(isUsbPortName)).toEqual(['ttyACM0', 'ttyUSB12']);
});

test('ports are allowed and ignored by vendor', () => {
  const arduino = port({ vendorId: '2341' });
  const none = { allowVendors: [], ignoreVendors: [] };
  expect(isAllowed(arduino, none)).toBe(true);
  expect(isAllowed(arduino, { ...none, ignoreVendors: ['2341'] })).toBe(false);
  expect(isAllowed(arduino, { ...none, allowVendors: ['10C4', '2341'] })).toBe(true);
  expect(isAllowed(port({ vendorId: '10c4' }), { ...none, allowVendors: ['10C4'] })).toBe(true);
  expect(isAllowed(port(), { ...none, allowVendors: ['2341'] })).toBe(false);
  expect(isAllowed(port(), { ...none, ignoreVendors: ['2341'] })).toBe(true);
});

test('the lines stay up for boards with a boot mode, and as the configuration says for all', () => {
  expect(lineSettings('2341', undefined)).toEqual({ dropOnClose: true });
  expect(lineSettings(undefined, undefined)).toEqual({ dropOnClose: true });
  for (const vendor of ['303a', '10c4', '1a86'])
    expect(lineSettings(vendor, undefined)).toEqual({ dropOnClose: false });
  expect(lineSettings('2341', false)).toEqual({ dropOnClose: false });
  expect(lineSettings('303a', true)).toEqual({ dropOnClose: true });
});
