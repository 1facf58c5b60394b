import type { KeptChecksum, ObjectInfo } from '../../../objects/contract.ts';

/** Whether the client of a read wants to check what comes. */
export function isChecksumWanted(headers: ReadonlyMap<string, string>): boolean {
  return headers.get('x-amz-checksum-mode')?.toLowerCase() === 'enabled';
}

/** The checksum of an object: the one that its writer gave, or its CRC-32, which is known of everything in a local store. */
export function checksumOf({ checksum, crc32 }: Pick<ObjectInfo, 'checksum' | 'crc32'>): KeptChecksum | undefined {
  return checksum ?? (crc32 === undefined ? undefined : { name: 'crc32', value: base64Of(crc32) });
}

export function checksumHeaders(info: Pick<ObjectInfo, 'checksum' | 'crc32'>): Record<string, string> {
  const checksum = checksumOf(info);
  if (checksum === undefined) return {};
  return { [`x-amz-checksum-${checksum.name}`]: checksum.value, 'x-amz-checksum-type': 'FULL_OBJECT' };
}

function base64Of(crc32: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32);
  return bytes.toString('base64');
}
