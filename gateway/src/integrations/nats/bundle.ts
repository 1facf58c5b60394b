/**
 * Several envelopes in one message of NATS. Byte 0 is 2, which no envelope begins with; then comes each envelope, four bytes with its length (big
 * endian) before it. Only gateways that say so (`Interest`) are sent bundles.
 */
const BUNDLE = 2;
const HEAD = 4;

/** How many bytes an envelope takes in a bundle. */
export const bundledBytes = (envelope: Uint8Array): number => HEAD + envelope.length;

export function encodeBundle(envelopes: readonly Uint8Array[]): Buffer {
  const bundle = Buffer.allocUnsafe(envelopes.reduce((bytes, each) => bytes + bundledBytes(each), 1));
  bundle[0] = BUNDLE;
  let at = 1;
  for (const envelope of envelopes) {
    at = bundle.writeUInt32BE(envelope.length, at);
    bundle.set(envelope, at);
    at += envelope.length;
  }
  return bundle;
}

/** Calls `take` with each envelope of a message, which may be no bundle but one envelope. False: the rest of the bytes is none. */
export function readEnvelopes(payload: Uint8Array, take: (envelope: Uint8Array) => void): boolean {
  if (payload[0] !== BUNDLE) {
    take(payload);
    return true;
  }
  const bundle = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let at = 1; at < bundle.length; ) {
    const begin = at + HEAD;
    if (begin > bundle.length) return false;
    at = begin + bundle.readUInt32BE(at);
    if (at > bundle.length) return false;
    take(bundle.subarray(begin, at));
  }
  return true;
}
