import { defineEncoding } from '../../hub/message.ts';
import { encodeSlip } from './slip.ts';
import { oscPacket } from './values-codec.ts';

const LENGTH_BYTES = 4;

/** A packet with its length before it, as OSC 1.0 has them on a stream. */
export function encodeLengthPrefixed(packet: Uint8Array): Uint8Array {
  const unit = Buffer.allocUnsafe(LENGTH_BYTES + packet.length);
  unit.writeUInt32BE(packet.length);
  unit.set(packet, LENGTH_BYTES);
  return unit;
}

/** A message's packet as a stream of OSC 1.0 and one of OSC 1.1 has it; each made once for all connections. */
export const lengthPrefixedPacket = defineEncoding<Uint8Array>((message) =>
  encodeLengthPrefixed(oscPacket.of(message)),
);
export const slipPacket = defineEncoding<Uint8Array>((message) => encodeSlip(oscPacket.of(message)));
