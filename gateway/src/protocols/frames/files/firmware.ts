import type { FileSource } from './access.ts';

/** Firmware for one device (SPEC.md, section 20). It is no object: nobody but the device can read it. */
export interface FirmwareOffer {
  name: string;
  source: FileSource;
  /** The device has all before this offset, in bytes. */
  wanted(offset: number): void;
  /** Nothing more is sent of it. `taken`: the device has it, whole; `cancelled`: it wants no more; `dropped`: it is gone, or silent. */
  ended(how: 'taken' | 'cancelled' | 'dropped'): void;
}

/** A device as who has firmware sent sees it. */
export interface FirmwareDevice {
  readonly id: string;
  /** Whether its sketch takes firmware, as its last Hello said. */
  readonly takesFirmware: boolean;
  /** Whether it has a link now. */
  readonly isLinked: boolean;
  /** False where too many files wait for it. */
  offerFirmware(offer: FirmwareOffer): boolean;
  /** Takes back what was offered, and tells the device so. */
  withdrawFirmware(): void;
}

/** Who has firmware sent to devices. */
export interface FirmwareQueue {
  /** The device is here, in a new session: nothing is offered to it. */
  arrived(device: FirmwareDevice): void;
  /** Its session is over. */
  gone(device: FirmwareDevice): void;
  /** It logged "firmware" and this. */
  said(id: string, text: string): void;
}

/** How a line of a device's log begins that is about its firmware. */
export const FIRMWARE_LINE = 'firmware ';
