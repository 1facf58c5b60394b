import type { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import OSS from 'ali-oss';

/** The metadata of a response. */
export interface Answered {
  res: { status: number; headers: Record<string, string | undefined> };
}

/** Objects in the order of their keys, and the common prefixes between them. */
export interface ListAnswer {
  objects?: { name: string; size: number; etag: string; lastModified: string }[];
  prefixes?: string[] | null;
  isTruncated: boolean;
}

/** What is sent along with an object. */
export interface SendOptions {
  mime: string;
  /** Names in lower case, values percent-encoded, as headers are ASCII. */
  meta: Readonly<Record<string, string>>;
  headers: Readonly<Record<string, string>>;
}

export interface PutOptions extends SendOptions {
  /** Bytes. */
  contentLength?: number;
  /** An operation that is none of PutObject: `POST` with these parameters. */
  method?: 'POST';
  subres?: Readonly<Record<string, string>>;
}

export interface PartsOptions extends SendOptions {
  /** Bytes. */
  partSize: number;
  parallel: number;
  timeout: number;
  /** The checkpoint at which an earlier attempt broke off. */
  checkpoint?: object;
  /** Called for each part that has arrived; the next part waits until it resolves. Without a checkpoint there are no more calls. */
  progress(done: number, checkpoint: object | null | undefined): Promise<void>;
}

/**
 * The part of ali-oss 6.23 that we use, as it really behaves: its own types lack some of it and describe other results. Sizes are in bytes.
 */
export interface OssClient {
  head(key: string): Promise<Answered>;
  getStream(
    key: string,
    options: { headers: Readonly<Record<string, string>> },
  ): Promise<{ stream: Readable } & Answered>;
  delete(key: string): Promise<unknown>;
  listV2(query: Readonly<Record<string, string>>, options: object): Promise<ListAnswer>;
  /** Without a length the content goes in chunks. */
  putStream(key: string, content: Readable, options: PutOptions): Promise<unknown>;
  multipartUpload(key: string, path: string, options: PartsOptions): Promise<unknown>;
  listUploads(
    query: Readonly<Record<string, string | number>>,
    options: object,
  ): Promise<{ uploads?: { name: string; uploadId: string }[] }>;
  abortMultipartUpload(key: string, uploadId: string, options: { timeout: number }): Promise<unknown>;
  /** Aborts the running multipart upload. The client cannot start another one then. */
  cancel(): void;
}

/** `sldEnable`: the bucket is in the path of addresses. */
export type OssClientOptions = OSS.Options & { sldEnable: boolean; agent: Agent; httpsAgent: Agent };

/** A client for OSS, or for a server that speaks its protocol. */
export function createOssClient(options: OssClientOptions): OssClient {
  return new OSS(options) as unknown as OssClient;
}
