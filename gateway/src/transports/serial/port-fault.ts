/** One sentence for a person about a port that did not open: what is wrong and what to do. */
export function explainOpenFailure(path: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  const cause = causeOf(path, reason);
  return `${cause} The gateway tries again. (${reason})`;
}

function causeOf(path: string, reason: string): string {
  if (/cannot lock port|resource busy|access denied/i.test(reason)) {
    return `Another program has ${path} open; close it, for instance the serial monitor of the Arduino IDE.`;
  }
  if (/permission denied/i.test(reason)) {
    return `The gateway may not open ${path}; add its user to the group dialout and log in again.`;
  }
  if (/no such file/i.test(reason)) return `${path} is not there any more.`;
  if (/inappropriate ioctl|not a typewriter/i.test(reason)) return `${path} is not a serial port; check serial.ports.`;
  if (/baud/i.test(reason)) return `${path} does not do that baud rate; choose another in serial.ports.`;
  return `${path} could not be opened.`;
}
