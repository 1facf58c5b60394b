import type { ObjectInfo } from '../../../objects/contract.ts';

/** Whether the client of a read wants to check what comes. */
export function isChecksumWanted(headers: ReadonlyMap<string, string>): boolean {
  return headers.get('x-amz-checksum-mode')?.toLowerCase() === 'enabled';
}

/** The checksum of an object: the one that its writer gave, or its CRC-32, which is known of everything in a local store. */
export function checksumHeaders({ checksum, crc32 }: Pick<ObjectInfo, 'checksum' | 'crc32'>): Record<string, string> {
  const { name, value } = checksum ?? { name: 'crc32', value: crc32 === undefined ? undefined : base64Of(crc32) };
  return value === undefined ? {} : { [`x-amz-checksum-${name}`]: value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

function base64Of(crc32: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32);
  return bytes.toString('base64');
}
