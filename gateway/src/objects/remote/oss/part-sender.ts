import { unlink } from 'node:fs/promises';
import { replaceFile } from '../../../storage/atomic-file.ts';
import type { KeptHeaders } from '../../kept-headers.ts';
import { checkpointOf, readCheckpoint } from '../checkpoint.ts';
import type { OssClient } from './oss-client.ts';

export interface PartSenderOptions {
  createClient(): OssClient;
  /** How long one request may take. */
  timeoutMs: number;
  partBytes: number;
}

/** What to send, and as which object. */
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
/** How many unknown uploads of one key are looked up at a time. */
const LOST_AT_ONCE = 100;

/** Sends files in parts, and continues with the part at which an earlier attempt, or an earlier run, broke off. */
export class PartSender {
  readonly #options: PartSenderOptions;
  /** After a failed multipart upload a client cannot start another, so each file has a client of its own. */
  readonly #clients = new Set<OssClient>();

  constructor(options: PartSenderOptions) {
    this.#options = options;
  }

  /** Aborts what is being sent. */
  close(): void {
    for (const client of this.#clients) client.cancel();
  }

  /** Sends a file. Throws ali-oss's errors; if possible, the next attempt continues where this one stopped. */
  async send(file: SentFile): Promise<void> {
    const client = this.#options.createClient();
    this.#clients.add(client);
    try {
      await this.#send(client, file);
    } catch (error) {
      if (isInVain(error)) await this.forget(file);
      throw error;
    } finally {
      // Another part that was under way must not be recorded once the next attempt has started.
      client.cancel();
      this.#clients.delete(client);
    }
  }

  /** Starts from the beginning at the next attempt, and leaves no parts behind. */
  async forget({ key, path }: Pick<SentFile, 'key' | 'path'>): Promise<void> {
    const { uploadId } = (await readCheckpoint(path, key)) ?? {};
    await unlink(checkpointOf(path)).catch(() => {});
    if (uploadId !== undefined) await this.#abort(this.#options.createClient(), key, uploadId).catch(() => {});
  }

  async #send(client: OssClient, { key, path, size, contentType, headers, metadata }: SentFile): Promise<void> {
    const { partBytes, timeoutMs } = this.#options;
    let noting: Promise<void> = Promise.resolve();
    // A full disk must not stop its own files from being moved away: at worst, what is not recorded is sent again.
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
      // The next part waits until the previous one is recorded.
      progress: (_done, current) => (current ? note({ ...current, file: undefined }) : noting),
    });
  }

  /** Aborts uploads of this key that were started but whose id never arrived here. */
  async #abortLost(client: OssClient, key: string): Promise<void> {
    const { uploads = [] } = await client.listUploads({ prefix: key, 'max-uploads': LOST_AT_ONCE }, {});
    for (const { name, uploadId } of uploads)
      if (name === key) await this.#abort(this.#options.createClient(), key, uploadId);
  }

  /** A client that has aborted an upload cannot start another. */
  async #abort(client: OssClient, key: string, uploadId: string): Promise<void> {
    await client.abortMultipartUpload(key, uploadId, { timeout: this.#options.timeoutMs });
  }
}

/** OSS does not know the upload (ali-oss calls this an abort), or will never take its parts. */
function isInVain(error: unknown): boolean {
  const { status, name } = error as { status?: number; name?: string };
  return name === 'abort' || status === 400 || status === 404;
}
