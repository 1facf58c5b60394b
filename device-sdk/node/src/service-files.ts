import { downloadBlob } from './blob-download.ts';
import { CrossCommError } from './error.ts';
import { sendFolder } from './folder-sender.ts';
import type { FrameConversation } from './frame-conversation.ts';
import type { HttpPlace } from './http-place.ts';
import type { ContentType } from './message.ts';
import type { ObjectBlob, ObjectTransfer } from './options.ts';
import type { Platform } from './platform.ts';

/** The types of message whose content is in an object store. */
export type ObjectType = Extract<ContentType, 'file' | 'image' | 'folder'>;

/** What the files of a service ask of it. */
export interface FilesHost {
  platform: Platform;
  /** Where objects go in place of the gateway. */
  objects: ObjectTransfer | undefined;
  /** The conversation with a gateway. Throws where there is none, or the server keeps no files. */
  frames(): FrameConversation;
  /** Where the gateway gives out objects. Throws likewise. */
  place(): HttpPlace;
}

/** Files, images and folders of a service: up by frames, down by HTTP. */
export class ServiceFiles {
  readonly #host: FilesHost;

  constructor(host: FilesHost) {
    this.#host = host;
  }

  /** Resolves once the gateway has all of it; `progress` is called with the bytes that it has of how many. */
  async send(
    content: unknown,
    type: ObjectType,
    to: string,
    progress: (stored: number, size: number) => void,
  ): Promise<boolean> {
    const { objects } = this.#host;
    if (objects) return await objects.send(String(content), type, to);
    // Before anything is opened, and once more after it took its time.
    this.#host.frames();
    if (type === 'folder') await this.#sendFolder(content, to, progress);
    else await this.#sendFile(content, type, to, progress);
    return true;
  }

  /** To its key below the directory; resolves to the path. */
  async downloadTo(key: string, directory: string): Promise<string> {
    const { objects, platform } = this.#host;
    if (objects) return await objects.download(key, directory);
    return await platform.download(this.#host.place(), key, directory);
  }

  /** Into memory. */
  async download(key: string): Promise<ObjectBlob> {
    if (key.endsWith('/')) {
      const what = `${JSON.stringify(key)} is a folder`;
      throw new CrossCommError('name_invalid', `${what}: download it with downloadFileManually(ossKey, directory).`);
    }
    if (this.#host.objects) {
      throw new CrossCommError(
        'not_supported',
        'An object store of your own downloads to a directory: downloadFileManually.',
      );
    }
    return await downloadBlob(this.#host.place(), key);
  }

  async #sendFile(
    content: unknown,
    type: 'file' | 'image',
    to: string,
    progress: (stored: number, size: number) => void,
  ): Promise<void> {
    const file = await this.#host.platform.openFile(content);
    try {
      await this.#host.frames().sendFile(file, type, to, (stored) => progress(stored, file.size));
    } finally {
      await file.close();
    }
  }

  async #sendFolder(content: unknown, to: string, progress: (stored: number, size: number) => void): Promise<void> {
    const folder = await this.#host.platform.openFolder(content);
    const size = folder.files.reduce((sum, file) => sum + file.size, 0);
    await sendFolder(this.#host.frames(), folder, to, (stored) => progress(stored, size));
  }
}

export function isObjectType(type: ContentType): type is ObjectType {
  return type === 'file' || type === 'image' || type === 'folder';
}
