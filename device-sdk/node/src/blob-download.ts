import { downloadTo } from './http-download.ts';

/** Downloads an object of the gateway at `address` into memory, with its content type. Throws as `downloadTo` does. */
export async function downloadBlob(address: string, key: string): Promise<Blob> {
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  const sink = {
    async write(bytes: Uint8Array<ArrayBuffer>) {
      pieces.push(bytes);
    },
    async clear() {
      pieces = [];
    },
  };
  const type = await downloadTo(sink, address, key);
  return new Blob(pieces, { type });
}
