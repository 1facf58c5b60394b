/** Packet ids go from 1 to this, then from 1 again (MQTT 3.1.1, section 2.3.1). */
export const MAX_PACKET_ID = 65_535;

/** The packet id of the message that has this number in its session. */
export function packetIdOf(seq: number): number {
  return 1 + (seq % MAX_PACKET_ID);
}
