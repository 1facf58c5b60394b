import { expect, test } from 'vitest';
import { recognizeFirmware } from '../../../src/transports/flashing/firmware.ts';

/** An image of ESP-IDF: its magic number, where its code begins, the chip, and an application's description. */
function image({ chip = 0, entry = 0x40081000, isApplication = true, length = 4096 } = {}): Buffer {
  const bytes = Buffer.alloc(length);
  bytes[0] = 0xe9;
  bytes.writeUInt32LE(entry, 4);
  bytes.writeUInt16LE(chip, 12);
  if (isApplication) bytes.writeUInt32LE(0xabcd5432, 32);
  return bytes;
}

/** Boot loader, partition table and application in one file. */
function whole(bootLoaderAt: number, chip: number): Buffer {
  const bytes = Buffer.alloc(0x8002, 0xff);
  image({ chip, isApplication: false, length: 64 }).copy(bytes, bootLoaderAt);
  bytes.writeUInt16LE(0x50aa, 0x8000);
  return bytes;
}

test('a file whose first line is Intel HEX is for an Arduino', () => {
  expect(recognizeFirmware(Buffer.from(':100000000C945C000C946E000C946E000C946E00CA\r\n'))).toEqual({ kind: 'avr' });
});

test.each([
  ['a wrong checksum', ':100000000C945C000C946E000C946E000C946E00CB\n'],
  ['a wrong length', ':110000000C945C000C946E000C946E000C946E00C9\n'],
  ['something else', ':)\n'],
  ['nothing', ''],
])('a line with %s is no Intel HEX', (_, text) => {
  expect(recognizeFirmware(Buffer.from(text))).toBeUndefined();
});

test.each([
  [0, 'esp32'],
  [5, 'esp32c3'],
  [9, 'esp32s3'],
])('an application for chip %i goes behind boot loader and partitions, and says that it is for an %s', (chip, name) => {
  expect(recognizeFirmware(image({ chip }))).toEqual({ kind: 'esp', chip: name, offset: 0x10000 });
});

test('an image with its boot loader goes to the beginning', () => {
  expect(recognizeFirmware(whole(0x1000, 0))).toEqual({ kind: 'esp', chip: 'esp32', offset: 0 });
  expect(recognizeFirmware(whole(0, 9))).toEqual({ kind: 'esp', chip: 'esp32s3', offset: 0 });
});

test('of a boot loader alone it is not known where it goes, nor of a chip that is not known which it is', () => {
  expect(recognizeFirmware(image({ isApplication: false }))).toEqual({ kind: 'esp', chip: 'esp32', offset: undefined });
  expect(recognizeFirmware(image({ chip: 999 }))).toMatchObject({ chip: undefined });
});

test('an image whose code begins where an ESP8266 has it is for that', () => {
  const bytes = image({ entry: 0x4010f480, isApplication: false });
  expect(recognizeFirmware(bytes)).toEqual({ kind: 'esp', chip: 'esp8266', offset: 0 });
});

test('a UF2 file is for a Pico', () => {
  const bytes = Buffer.alloc(512);
  bytes.writeUInt32LE(0x0a324655, 0);
  bytes.writeUInt32LE(0x9e5d5157, 4);
  expect(recognizeFirmware(bytes)).toEqual({ kind: 'uf2' });
});

test('no beginning of a file is too short to be looked at', () => {
  for (const file of [image(), whole(0x1000, 0), Buffer.alloc(64, 0xff)]) {
    for (let length = 0; length < 80; length++) expect(() => recognizeFirmware(file.subarray(0, length))).not.toThrow();
    for (const length of [0x8000, 0x8001]) expect(() => recognizeFirmware(file.subarray(0, length))).not.toThrow();
  }
});
