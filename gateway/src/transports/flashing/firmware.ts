/** What a file of firmware is for, by what stands at its beginning. */
export type Firmware =
  | { kind: 'avr' }
  /** `chip`: esptool's name of it; `offset`: where in the flash it belongs; undefined: the file does not tell. */
  | { kind: 'esp'; chip: string | undefined; offset: number | undefined }
  | { kind: 'uf2' };

/** How much of a file must be looked at, in bytes: as far as the partition table of a whole image. */
export const HEAD_BYTES = 0x8002;

const COLON = 0x3a;
const ESP_MAGIC = 0xe9;
/** "UF2\n" and the second magic number of the format. */
const UF2_MAGICS = [0x0a324655, 0x9e5d5157] as const;
/** In the image header of ESP-IDF: which chip it is for. The ESP8266 has no such field. */
const CHIP_ID_AT = 12;
const ESP_CHIPS: Readonly<Record<number, string>> = {
  0: 'esp32',
  2: 'esp32s2',
  5: 'esp32c3',
  9: 'esp32s3',
  12: 'esp32c2',
  13: 'esp32c6',
  16: 'esp32h2',
  18: 'esp32p4',
  20: 'esp32c61',
  23: 'esp32c5',
};
/** The description that every application of ESP-IDF begins with. */
const APP_AT = 32;
const APP_MAGIC = 0xabcd5432;
/** Where an application is without a boot loader in the file, by the partition tables of Arduino and ESP-IDF. */
const APP_OFFSET = 0x10000;
/** Where the boot loader is in the flash of an ESP32 and an ESP32-S2; other chips have it at 0. */
const BOOT_LOADER_AT = 0x1000;
const TABLE_AT = 0x8000;
const TABLE_MAGIC = 0x50aa;
/** Code of an ESP8266 begins in this part of its memory, and that of no other chip. */
const ESP8266_ENTRY = 0x4010;

/** What the file is whose first bytes these are, at least HEAD_BYTES of them if it is that long; undefined: nothing that is known. */
export function recognizeFirmware(head: Buffer): Firmware | undefined {
  if (head[0] === COLON) return isIntelHex(head) ? { kind: 'avr' } : undefined;
  if (head.length < 64) return undefined;
  if (UF2_MAGICS.every((magic, index) => head.readUInt32LE(index * 4) === magic)) return { kind: 'uf2' };
  if (head[0] === ESP_MAGIC) return espImage(head);
  // A whole image for an ESP32 is empty before its boot loader.
  const isWhole = head.length > TABLE_AT + 1 && head.readUInt16LE(TABLE_AT) === TABLE_MAGIC;
  if (isWhole && head[BOOT_LOADER_AT] === ESP_MAGIC) {
    return { kind: 'esp', chip: chipAt(head, BOOT_LOADER_AT), offset: 0 };
  }
  return undefined;
}

function espImage(head: Buffer): Firmware {
  if (head.readUInt32LE(4) >>> 16 === ESP8266_ENTRY) return { kind: 'esp', chip: 'esp8266', offset: 0 };
  const chip = chipAt(head, 0);
  if (head.readUInt32LE(APP_AT) === APP_MAGIC) return { kind: 'esp', chip, offset: APP_OFFSET };
  const isWhole = head.length > TABLE_AT + 1 && head.readUInt16LE(TABLE_AT) === TABLE_MAGIC;
  return { kind: 'esp', chip, offset: isWhole ? 0 : undefined };
}

function chipAt(head: Buffer, at: number): string | undefined {
  return ESP_CHIPS[head.readUInt16LE(at + CHIP_ID_AT)];
}

/** Whether the first line is one of Intel HEX: what is left is for the programmer to check. */
function isIntelHex(head: Buffer): boolean {
  const line = head.subarray(0, 600).toString('latin1').split(/\r?\n/, 1)[0] ?? '';
  if (!/^:(?:[0-9A-Fa-f]{2}){5,260}$/.test(line)) return false;
  const bytes = Buffer.from(line.slice(1), 'hex');
  return bytes.length === (bytes[0] ?? 0) + 5 && bytes.reduce((sum, byte) => sum + byte, 0) % 256 === 0;
}
