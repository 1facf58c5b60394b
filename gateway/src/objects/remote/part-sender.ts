import { unlink } from 'node:fs/promises';
import { replaceFile } from '../../storage/atomic-file.ts';
import type { KeptHeaders } from '../kept-headers.ts';
import { checkpointOf, readCheckpoint } from './checkpoint.ts';
import type { OssClient } from './oss-client.ts';

export interface PartSenderOptions {
  createClient(): OssClient;
  /** How long one request may take. */
  timeoutMs: number;
  partBytes: number;
}

/** What to send, and what as. */
export interface SentFile {
  key: string;
  path: string;
  /** Bytes. */
  size: number;
  contentType: string;
  headers: KeptHeaders;
  /** Percent-encoded. */
  metadata: Readonly<Record<string, string>>;
}

/** OSS takes at most 10,000 parts. */
const MAX_PARTS = 9000;
const PARTS_AT_ONCE = 2;
/** So many uploads of one key that nobody knows are found at a time. */
const LOST_AT_ONCE = 100;

/** Sends files in parts, and goes on with the part at which an earlier attempt, or an earlier run, broke off. */
export class PartSender {
  readonly #options: PartSenderOptions;
  /** A client that has failed once with parts takes no others: each file has its own. */
  readonly #clients = new Set<OssClient>();

  constructor(options: PartSenderOptions) {
    this.#options = options;
  }

  /** Ends what is being sent. */
  close(): void {
    for (const client of this.#clients) client.cancel();
  }

  /** Sends a file. Throws what ali-oss throws; the next attempt goes on where this one was, if that can be. */
  async send(file: SentFile): Promise<void> {
    const client = this.#options.createClient();
    this.#clients.add(client);
    try {
      await this.#send(client, file);
    } catch (error) {
      if (isInVain(error)) await this.forget(file);
      throw error;
    } finally {
      // The other part that was on its way must not note anything once the next attempt has begun.
      client.cancel();
      this.#clients.delete(client);
    }
  }

  /** Begins anew at the next attempt, and leaves no parts behind. */
  async forget({ key, path }: Pick<SentFile, 'key' | 'path'>): Promise<void> {
    const { uploadId } = (await readCheckpoint(path, key)) ?? {};
    await unlink(checkpointOf(path)).catch(() => {});
    if (uploadId !== undefined) await this.#abort(this.#options.createClient(), key, uploadId).catch(() => {});
  }

  async #send(client: OssClient, { key, path, size, contentType, headers, metadata }: SentFile): Promise<void> {
    const { partBytes, timeoutMs } = this.#options;
    let noting: Promise<void> = Promise.resolve();
    // A disk that is full must not keep what is on it from leaving: what is not noted is sent again, at worst.
    const note = (noted: object): Promise<void> => {
      noting = noting.then(() => replaceFile(checkpointOf(path), JSON.stringify(noted))).catch(() => {});
      return noting;
    };
    const checkpoint = await readCheckpoint(path, key);
    if (checkpoint?.uploadId === undefined) {
      if (checkpoint) await this.#abortLost(client, key);
      await note({ name: key });
    }
    await client.multipartUpload(key, path, {
      partSize: Math.max(partBytes, Math.ceil(size / MAX_PARTS)),
      parallel: PARTS_AT_ONCE,
      mime: contentType,
      meta: metadata,
      headers: { ...headers },
      timeout: timeoutMs,
      ...(checkpoint?.uploadId === undefined ? {} : { checkpoint: { ...checkpoint, file: path } }),
      // The next part waits until the one before is noted.
      progress: (_done, current) => (current ? note({ ...current, file: undefined }) : noting),
    });
  }

  /** Ends the uploads of this key whose beginning was asked for and whose names did not get here. */
  async #abortLost(client: OssClient, key: string): Promise<void> {
    const { uploads = [] } = await client.listUploads({ prefix: key, 'max-uploads': LOST_AT_ONCE }, {});
    for (const { name, uploadId } of uploads)
      if (name === key) await this.#abort(this.#options.createClient(), key, uploadId);
  }

  /** A client that has ended an upload takes no others. */
  async #abort(client: OssClient, key: string, uploadId: string): Promise<void> {
    await client.abortMultipartUpload(key, uploadId, { timeout: this.#options.timeoutMs });
  }
}

/** OSS does not know the upload, which ali-oss calls an abort, or does not take its parts, and never will. */
function isInVain(error: unknown): boolean {
  const { status, name } = error as { status?: number; name?: string };
  return name === 'abort' || status === 400 || status === 404;
}
