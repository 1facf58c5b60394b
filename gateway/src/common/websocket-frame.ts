const FIN_TEXT = 0x81;
const FIN_BINARY = 0x82;
const LENGTH_16 = 126;
const LENGTH_64 = 127;

/**
 * A whole, unmasked WebSocket text message in one frame (RFC 6455, section 5.2), as a server sends it. Servers do not
 * mask, so one frame serves every recipient.
 */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = begin(FIN_TEXT, length);
  frame.write(text, frame.length - length, 'utf8');
  return frame;
}

/** A whole, unmasked WebSocket binary message in one frame. */
export function binaryFrame(bytes: Uint8Array): Buffer {
  const frame = begin(FIN_BINARY, bytes.length);
  frame.set(bytes, frame.length - bytes.length);
  return frame;
}

/** What a frame contains that one of these made. */
export function contentOf(frame: Uint8Array): Uint8Array {
  const length = (frame[1] as number) & 0x7f;
  return frame.subarray(length < LENGTH_16 ? 2 : length === LENGTH_16 ? 4 : 10);
}

/** Whether a frame that one of these made is a binary message. */
export function isBinaryFrame(frame: Uint8Array): boolean {
  return frame[0] === FIN_BINARY;
}

/** A frame with its header, and room for `length` bytes after it. */
function begin(opcode: number, length: number): Buffer {
  const header = length < LENGTH_16 ? 2 : length < 65536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = opcode;
  if (header === 2) frame[1] = length;
  else if (header === 4) {
    frame[1] = LENGTH_16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = LENGTH_64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return frame;
}
