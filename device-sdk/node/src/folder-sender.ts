import { checkOfferable } from './file-limits.ts';
import type { FrameConversation } from './frame-conversation.ts';
import { checkFolder, type FolderFile, type LocalFolder } from './local-folder.ts';
import { randomHex } from './system.ts';

/** As many as a client by frames sends at a time. */
const AT_ONCE = 4;

/**
 * Sends a folder across lost links: all its files, and then the folder itself. Resolves once all of it is on the gateway's disk; its
 * recipient will hear of it then. `progress` is called with the bytes that the gateway has of all files together.
 *
 * @throws CrossCommError as `checkFolder`, before anything is sent; then what becomes of a file that cannot be
 */
export async function sendFolder(
  frames: FrameConversation,
  folder: LocalFolder,
  to: string,
  progress: (stored: number) => void,
): Promise<void> {
  checkFolder(folder);
  const id = `${Date.now()}_${randomHex(4)}_folder`;
  const itself = { name: `${id}/${folder.name}`, size: 0, read: async () => new Uint8Array(0) };
  checkOfferable(itself);
  let stored = 0;
  let failure: unknown;

  const sendPart = async (part: FolderFile): Promise<void> => {
    const file = await part.open();
    try {
      let before = 0;
      const report = (bytes: number): void => {
        stored += bytes - before;
        before = bytes;
        progress(stored);
      };
      // Where another file has failed, this one is not sent to its end.
      const read: typeof file.read = async (offset, length) => {
        if (failure !== undefined) throw failure;
        return await file.read(offset, length);
      };
      await frames.sendFile({ name: part.path, size: file.size, read }, 'part', id, report);
    } finally {
      await file.close();
    }
  };

  const waiting = folder.files.values();
  const worker = async (): Promise<void> => {
    for (const part of waiting) {
      if (failure !== undefined) return;
      await sendPart(part).catch((error: unknown) => {
        failure ??= error;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await frames.sendFile(itself, 'folder', to, () => {});
}
