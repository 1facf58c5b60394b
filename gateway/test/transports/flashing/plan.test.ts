import { expect, test } from 'vitest';
import type { Firmware } from '../../../src/transports/flashing/firmware.ts';
import { type FlashWish, planFlash, type UsbFacts } from '../../../src/transports/flashing/plan.ts';

const APPLICATION: Firmware = { kind: 'esp', chip: 'esp32s3', offset: 0x10000 };

/** The command line, without paths. */
function call(firmware: Firmware, wish: Partial<FlashWish> = {}, usb: UsbFacts = {}, major = 5): string {
  const { tool, args } = planFlash(firmware, { port: 'uno', ...wish }, usb);
  return [tool, ...args({ major }, 'PORT', 'FILE')].join(' ');
}

test("Arduino's own boards are known by their USB ids", () => {
  const usb = { vendorId: '2341', productId: '0043' };
  expect(call({ kind: 'avr' }, {}, usb)).toBe(
    'avrdude -p atmega328p -c arduino -P PORT -b 115200 -D -U flash:w:FILE:i',
  );
  expect(call({ kind: 'avr' }, {}, { vendorId: '2341', productId: '0042' })).toBe(
    'avrdude -p atmega2560 -c wiring -P PORT -b 115200 -D -U flash:w:FILE:i',
  );
});

test('of a copy it must be said which board it is', () => {
  const usb = { vendorId: '1a86', productId: '7523' };
  expect(() => call({ kind: 'avr' }, {}, usb)).toThrow('does not tell which board it is; say it: uno, nano, nano-old');
  expect(call({ kind: 'avr' }, { board: 'nano-old' }, usb)).toContain('-b 57600');
});

test('an image for an ESP says itself for which chip it is, and where it goes', () => {
  expect(call(APPLICATION)).toBe('esptool --chip esp32s3 --port PORT --baud 460800 write-flash 0x10000 FILE');
  expect(call(APPLICATION, {}, {}, 4)).toContain(' write_flash 0x10000 FILE');
  expect(call(APPLICATION, { offset: 0x110000 })).toContain(' write-flash 0x110000 FILE');
  expect(call({ ...APPLICATION, chip: undefined })).toContain('--chip auto');
});

test('where the file does not say where it goes, somebody must', () => {
  const file: Firmware = { ...APPLICATION, offset: undefined };
  expect(() => call(file)).toThrow('say at which offset it goes');
  expect(call(file, { offset: 0 })).toContain(' write-flash 0x0 FILE');
});

test.each([
  [
    'a .hex for an ESP32',
    { kind: 'avr' },
    { board: 'esp32' },
    'is no firmware for the board esp32: its format is that of uno',
  ],
  [
    'an image for an Uno',
    APPLICATION,
    { board: 'uno' },
    'no firmware for the board uno: its format is that of esp32, esp8266',
  ],
  [
    'an image of an ESP32 for an ESP8266',
    APPLICATION,
    { board: 'esp8266' },
    'is firmware for an esp32s3, and not for an esp8266',
  ],
  ['an offset for an Uno', { kind: 'avr' }, { board: 'uno', offset: 7 }, 'An offset is for files of an ESP alone'],
] as const)('%s is refused', (_, firmware, wish, message) => {
  expect(() => call(firmware, wish)).toThrow(message);
});

test('of several Picos the one with the serial number of the port is meant', () => {
  expect(call({ kind: 'uf2' }, {}, { serialNumber: 'E66' })).toBe('picotool load -f -v -x FILE -t uf2 --ser E66');
  expect(call({ kind: 'uf2' })).toBe('picotool load -f -v -x FILE -t uf2');
});
