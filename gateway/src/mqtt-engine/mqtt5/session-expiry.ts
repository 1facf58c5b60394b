const FOR_EVER_S = 0xffff_ffff;

/** Milliseconds for what a client says in seconds of its session's expiry (MQTT 5, section 3.1.2.11.2). */
export function expiryMsOf(expiryS: number): number {
  return expiryS === FOR_EVER_S ? Number.POSITIVE_INFINITY : expiryS * 1000;
}
