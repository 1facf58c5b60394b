import type { ReadStream } from 'node:fs';
import type { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import OSS from 'ali-oss';

/** What the answer to a request says of itself. */
export interface Answered {
  res: { status: number; headers: Record<string, string | undefined> };
}

/** Objects in the order of their keys, and the prefixes between them. */
export interface ListAnswer {
  objects?: { name: string; size: number; etag: string; lastModified: string }[];
  prefixes?: string[] | null;
  isTruncated: boolean;
}

/** What is said of an object that is sent. */
export interface SendOptions {
  mime: string;
  /** Names are in small letters, values percent-encoded: headers have ASCII alone. */
  meta: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
}

export interface PartsOptions extends SendOptions {
  /** Bytes. */
  partSize: number;
  parallel: number;
  timeout: number;
  /** Where an earlier attempt broke off. */
  checkpoint?: object;
  /** Called with each part that has arrived; the next waits until it resolves. Without a checkpoint there is no more to come. */
  progress(done: number, checkpoint: object | null | undefined): Promise<void>;
}

/** What we use of ali-oss 6.23, as it is: its types leave some of it out, and have other answers than come. Sizes are bytes. */
export interface OssClient {
  head(key: string): Promise<Answered>;
  getStream(
    key: string,
    options: { headers: Readonly<Record<string, string>> },
  ): Promise<{ stream: Readable } & Answered>;
  delete(key: string): Promise<unknown>;
  listV2(query: Readonly<Record<string, string>>, options: object): Promise<ListAnswer>;
  putStream(key: string, content: ReadStream, options: SendOptions & { contentLength: number }): Promise<unknown>;
  multipartUpload(key: string, path: string, options: PartsOptions): Promise<unknown>;
  listUploads(
    query: Readonly<Record<string, string | number>>,
    options: object,
  ): Promise<{ uploads?: { name: string; uploadId: string }[] }>;
  abortMultipartUpload(key: string, uploadId: string, options: { timeout: number }): Promise<unknown>;
  /** Ends the upload in parts that is under way. The client takes no others then. */
  cancel(): void;
}

/** `sldEnable`: the bucket is in the path of addresses. */
export type OssClientOptions = OSS.Options & { sldEnable: boolean; agent: Agent; httpsAgent: Agent };

/** A client of OSS, or of what speaks its language. */
export function createOssClient(options: OssClientOptions): OssClient {
  return new OSS(options) as unknown as OssClient;
}
