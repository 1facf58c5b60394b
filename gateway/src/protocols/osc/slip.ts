/** The bytes of RFC 1055 that mean something. */
export const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

/** A packet with END before and after it, as OSC 1.1 wants. Unlike the SLIP of device frames it has no checksum. */
export function encodeSlip(packet: Uint8Array): Uint8Array {
  let escapes = 0;
  for (let at = 0; at < packet.length; at++) if (packet[at] === END || packet[at] === ESCAPE) escapes++;
  const unit = new Uint8Array(packet.length + escapes + 2);
  let to = 0;
  unit[to++] = END;
  for (let at = 0; at < packet.length; at++) {
    const byte = packet[at] as number;
    if (byte === END || byte === ESCAPE) {
      unit[to++] = ESCAPE;
      unit[to++] = byte === END ? ESCAPED_END : ESCAPED_ESCAPE;
    } else unit[to++] = byte;
  }
  unit[to] = END;
  return unit;
}

/** Takes the escapes out of what was between two ENDs; undefined where one of them is none. */
export function unescapeSlip(bytes: Uint8Array): Uint8Array | undefined {
  const first = bytes.indexOf(ESCAPE);
  if (first < 0) return bytes;
  const packet = new Uint8Array(bytes.length);
  packet.set(bytes.subarray(0, first));
  let to = first;
  for (let at = first; at < bytes.length; at++) {
    let byte = bytes[at] as number;
    if (byte === ESCAPE) {
      byte = bytes[++at] ?? END;
      if (byte !== ESCAPED_END && byte !== ESCAPED_ESCAPE) return undefined;
      byte = byte === ESCAPED_END ? END : ESCAPE;
    }
    packet[to++] = byte;
  }
  return packet.subarray(0, to);
}
