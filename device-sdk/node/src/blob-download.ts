import { downloadTo } from './http-download.ts';
import type { HttpPlace } from './http-place.ts';

/** Downloads an object of the gateway at `address` into memory, with its name and content type. Throws as `downloadTo` does. */
export async function downloadBlob(place: HttpPlace, key: string): Promise<File> {
  let pieces: Uint8Array<ArrayBuffer>[] = [];
  const sink = {
    async write(bytes: Uint8Array<ArrayBuffer>) {
      pieces.push(bytes);
    },
    async clear() {
      pieces = [];
    },
  };
  const { contentType, fileName } = await downloadTo(sink, place, key);
  return new File(pieces, fileName, { type: contentType });
}
