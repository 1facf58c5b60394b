/** Packet ids go from 1 to this, then from 1 again (MQTT 3.1.1, section 2.3.1). */
export const MAX_PACKET_ID = 65_535;

/**
 * Where new packet ids are to begin so that they stay away from those in use for as long as they can: after the one that the
 * most free ids follow. 1 where none is in use.
 */
export function firstFreeId(used: readonly number[]): number {
  const ids = [...used].sort((a, b) => a - b);
  let best = { after: 0, free: 0 };
  for (const [index, id] of ids.entries()) {
    const next = ids[index + 1] ?? (ids[0] as number) + MAX_PACKET_ID;
    if (next - id > best.free) best = { after: id, free: next - id };
  }
  return (best.after % MAX_PACKET_ID) + 1;
}

/** The packet id of the message that has this number in its session. */
export function packetIdOf(seq: number): number {
  return 1 + (seq % MAX_PACKET_ID);
}
