/** The marker before the numbers in every payload. */
const OPENING = '"n":"';
/** Two hex digits say who sent it, seven which message of the sender it is, the rest fills up to 64 bytes. */
const SENDER_DIGITS = 2;
const SEQUENCE_DIGITS = 7;
const BODY_BYTES = 56;

const HEX = Buffer.from('0123456789abcdef');
const VALUE = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) VALUE[HEX[digit]] = digit;

const QUOTE = 0x22;
const BLANK = 0x20;

/**
 * The 64 bytes that every protocol carries: a JSON object with one string, `sequence` zero until it is numbered.
 * @param {number} sender
 */
export function payloadText(sender) {
  const numbers = sender.toString(16).padStart(SENDER_DIGITS, '0') + '0'.repeat(SEQUENCE_DIGITS);
  return `{${OPENING}${numbers.padEnd(BODY_BYTES, 'abcdefghijklmnopqrstuvwxyz')}"}`;
}

/**
 * Where the sequence number begins in a text that contains a payload.
 * @param {string} text
 */
export function sequenceOffset(text) {
  return text.indexOf(OPENING) + OPENING.length + SENDER_DIGITS;
}

/**
 * Writes a sequence number at `at`, each digit combined with the WebSocket mask that applies there.
 * @param {Buffer} bytes
 * @param {number} at
 * @param {number} sequence
 * @param {Buffer} mask
 * @param {number} phase
 */
export function writeSequence(bytes, at, sequence, mask, phase) {
  let rest = sequence;
  for (let digit = SEQUENCE_DIGITS - 1; digit >= 0; digit--) {
    bytes[at + digit] = HEX[rest & 15] ^ mask[(phase + digit) & 3];
    rest >>>= 4;
  }
}

/**
 * Where the body begins in the message between `start` and `end`, which any server may have serialised anew; -1 where
 * there is none.
 * @param {Buffer} bytes
 * @param {number} start
 * @param {number} end
 */
export function findBody(bytes, start, end) {
  const key = bytes.subarray(start, end).indexOf('"n":');
  if (key < 0) return -1;
  let at = start + key + 4;
  while (bytes[at] === BLANK) at++;
  return bytes[at] === QUOTE ? at + 1 : -1;
}

/**
 * True where a whole body stands at `at`.
 * @param {Buffer} bytes
 * @param {number} at
 * @param {number} end
 */
export function isBody(bytes, at, end) {
  return at + BODY_BYTES < end && bytes[at - 1] === QUOTE && bytes[at + BODY_BYTES] === QUOTE;
}

/**
 * Who sent it; negative where the digits are none.
 * @param {Buffer} bytes
 * @param {number} at
 */
export function readSender(bytes, at) {
  return (VALUE[bytes[at]] << 4) | VALUE[bytes[at + 1]];
}

/**
 * Which message it is; negative where the digits are none.
 * @param {Buffer} bytes
 * @param {number} at
 */
export function readSequence(bytes, at) {
  let sequence = 0;
  for (let digit = SENDER_DIGITS; digit < SENDER_DIGITS + SEQUENCE_DIGITS; digit++) {
    const value = VALUE[bytes[at + digit]];
    if (value < 0) return -1;
    sequence = (sequence << 4) | value;
  }
  return sequence;
}
