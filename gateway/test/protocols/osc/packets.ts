/** Bytes that are written in hexadecimal, with blanks anywhere. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}

/** A bundle of packets. */
export function bundleOf(timeTag: bigint, ...elements: readonly Uint8Array[]): Buffer {
  const head = Buffer.from('#bundle\0________', 'latin1');
  head.writeBigUInt64BE(timeTag, 8);
  const parts: Uint8Array[] = [head];
  for (const element of elements) {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(element.length);
    parts.push(size, element);
  }
  return Buffer.concat(parts);
}
