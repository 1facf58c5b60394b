/**
 * What opening and closing a port does to the board behind it.
 *
 * On Linux, opening a serial port raises its DTR and RTS lines, and closing it drops them where the terminal's HUPCL
 * flag is set, which is the system's default. No program can keep the first opening after plugging in from raising
 * them: the lines are raised before the program has the file. What the boards make of it:
 *
 * - An Uno, Nano or Mega resets at the rising edge of DTR. Where HUPCL is off, DTR stays up when the gateway stops, so
 *   its next start makes no edge and the sketch runs on. Only the first opening after plugging in still resets it.
 * - ESP8266 and ESP32 boards join DTR and RTS to the reset and boot-mode pins by two transistors, so that the two lines
 *   up together do nothing, and one alone resets the chip or, with the other order, starts its boot loader. Opening
 *   raises both; it is dropping one after the other that does harm. So HUPCL is off for the vendors of their USB chips,
 *   and the gateway never sets either line by itself.
 *
 * What cannot be prevented is another program that toggles the lines, and boards that do not keep to the usual wiring:
 * a capacitor of 10 µF between reset and ground stops an Uno from resetting at all.
 */
export interface LineSettings {
  /** Whether closing the port drops DTR and RTS, the terminal flag HUPCL. */
  dropOnClose: boolean;
}

/** USB vendors on whose boards DTR and RTS choose between reset and boot mode. */
const BOOT_MODE_VENDORS = new Set([
  '303a', // Espressif: USB built into the ESP32-S2, -S3, -C3 and later
  '10c4', // Silicon Labs: CP2102 and relatives, on most ESP32 boards
  '1a86', // WCH: CH340 and relatives, on ESP8266 boards and on cheap Nanos
]);

/**
 * How to open a port. `resetOnOpen` is what the configuration says: false keeps an Uno from resetting at each opening,
 * true makes sure that it does; undefined leaves the choice to the board's vendor (four lower-case hex digits).
 */
export function lineSettings(vendorId: string | undefined, resetOnOpen: boolean | undefined): LineSettings {
  if (resetOnOpen !== undefined) return { dropOnClose: resetOnOpen };
  return { dropOnClose: vendorId === undefined || !BOOT_MODE_VENDORS.has(vendorId) };
}
