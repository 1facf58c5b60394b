import { GatewayError } from '../../common/errors.ts';
import type { Programmer } from './events.ts';
import type { Firmware } from './firmware.ts';

/** Boards that a person can name. */
export const BOARD_NAMES = ['uno', 'nano', 'nano-old', 'mega', 'esp32', 'esp8266', 'pico'] as const;
export type BoardName = (typeof BOARD_NAMES)[number];

/** What is to be flashed, and where. */
export interface FlashWish {
  /** The path of a port, or the client id of the board at it. */
  port: string;
  /** undefined: what the file and the USB ids of the port say. */
  board?: BoardName | undefined;
  /** Where in the flash of an ESP it goes, in bytes; undefined: where such a file belongs. */
  offset?: number | undefined;
}

/** What USB says of a port; ids are four lower-case hex digits. */
export interface UsbFacts {
  vendorId?: string | undefined;
  productId?: string | undefined;
  serialNumber?: string | undefined;
}

/** Which program is to be run, and how. */
export interface FlashPlan {
  tool: Programmer;
  /** The board as a person would call it. */
  board: string;
  /** The arguments for this version of the tool. */
  args(tool: { major: number }, port: string, file: string): string[];
}

const AVR: Partial<Record<BoardName, { chip: string; programmer: string; baudRate: number }>> = {
  uno: { chip: 'atmega328p', programmer: 'arduino', baudRate: 115_200 },
  nano: { chip: 'atmega328p', programmer: 'arduino', baudRate: 115_200 },
  'nano-old': { chip: 'atmega328p', programmer: 'arduino', baudRate: 57_600 },
  mega: { chip: 'atmega2560', programmer: 'wiring', baudRate: 115_200 },
};
/** Arduino's own boards, whose USB chips say what they are. Copies say nothing. */
const BY_USB: Readonly<Record<string, BoardName>> = {
  '2341:0001': 'uno',
  '2341:0043': 'uno',
  '2341:0243': 'uno',
  '2a03:0043': 'uno',
  '2341:0010': 'mega',
  '2341:0042': 'mega',
  '2341:0242': 'mega',
  '2a03:0010': 'mega',
  '2a03:0042': 'mega',
};
/** The fastest that all USB chips do which are on boards with an ESP. */
const ESP_BAUD_RATE = '460800';
const FOR: Readonly<Record<Firmware['kind'], readonly BoardName[]>> = {
  avr: ['uno', 'nano', 'nano-old', 'mega'],
  esp: ['esp32', 'esp8266'],
  uf2: ['pico'],
};

/** How to flash such a file. Throws a GatewayError PEER_MALFORMED that says what is missing or does not fit. */
export function planFlash(firmware: Firmware, { board, offset }: FlashWish, usb: UsbFacts): FlashPlan {
  if (board !== undefined && !FOR[firmware.kind].includes(board)) {
    const fitting = FOR[firmware.kind].join(', ');
    throw wrong(`The file is no firmware for the board ${board}: its format is that of ${fitting}`);
  }
  if (offset !== undefined && firmware.kind !== 'esp') {
    throw wrong('An offset is for files of an ESP alone; others say themselves where they go');
  }
  if (firmware.kind === 'avr') return planAvr(board ?? BY_USB[`${usb.vendorId}:${usb.productId}`]);
  return firmware.kind === 'esp' ? planEsp(firmware, board, offset) : planPico(usb);
}

function planAvr(board: BoardName | undefined): FlashPlan {
  const found = board && AVR[board];
  if (found === undefined) {
    throw wrong(
      'The port does not tell which board it is; say it: uno, nano, nano-old (made before 2018, and most copies) or mega',
    );
  }
  const { chip, programmer, baudRate } = found;
  return {
    tool: 'avrdude',
    board: board as string,
    args: (_tool, port, file) => [
      ...['-p', chip, '-c', programmer, '-P', port, '-b', String(baudRate), '-D'],
      ...['-U', `flash:w:${file}:i`],
    ],
  };
}

function planEsp(
  { chip, offset: usual }: Extract<Firmware, { kind: 'esp' }>,
  board: BoardName | undefined,
  offset: number | undefined,
): FlashPlan {
  const is8266 = chip === 'esp8266';
  if (board !== undefined && (board === 'esp8266') !== is8266) {
    throw wrong(`The file is firmware for an ${is8266 ? 'esp8266' : (chip ?? 'esp32')}, and not for an ${board}`);
  }
  const at = offset ?? usual;
  if (at === undefined) {
    throw wrong(
      'The file is neither an application nor a whole image, so say at which offset it goes: 0x1000 for the boot loader of an ESP32, 0x10000 for an application',
    );
  }
  return {
    tool: 'esptool',
    board: chip ?? board ?? 'esp32',
    args: ({ major }, port, file) => [
      // esptool asks the chip what it is, and refuses where it is another.
      ...['--chip', chip ?? 'auto', '--port', port, '--baud', ESP_BAUD_RATE],
      ...[major >= 5 ? 'write-flash' : 'write_flash', `0x${at.toString(16)}`, file],
    ],
  };
}

function planPico({ serialNumber }: UsbFacts): FlashPlan {
  const which = serialNumber === undefined ? [] : ['--ser', serialNumber];
  // -f: the board's own firmware is asked to begin the boot loader; -x: it runs the new one.
  return {
    tool: 'picotool',
    board: 'pico',
    args: (_tool, _port, file) => ['load', '-f', '-v', '-x', file, '-t', 'uf2', ...which],
  };
}

function wrong(what: string): GatewayError {
  return new GatewayError('PEER_MALFORMED', `${what}.`);
}
