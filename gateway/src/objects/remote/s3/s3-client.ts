import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import aws4 from 'aws4';
import type { Clock } from '../../../common/clock.ts';
import { ObjectError } from '../../contract.ts';
import { KEPT_HEADERS } from '../../kept-headers.ts';
import type { Addressing } from '../store-forms.ts';
import { S3Fault } from './s3-fault.ts';
import { faultIn } from './s3-xml.ts';

export interface S3ClientOptions {
  /** `https://s3.eu-central-1.amazonaws.com`, `http://192.168.1.20:9000`. */
  endpoint: string;
  bucket: string;
  /** As in signatures: `eu-central-1`. */
  region: string;
  addressing: Addressing;
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary keys. */
  sessionToken?: string | undefined;
  /** How long a request may stand still. */
  timeoutMs: number;
  /** Signatures contain the time, so nothing is sent before the clock is right. */
  clock: Clock;
}

/** Bytes of a file, and their SHA-256 in hex, which the signature contains. */
export interface FileSlice {
  path: string;
  start: number;
  size: number;
  sha256: string;
}

export interface S3Request {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** None for the bucket itself. */
  key?: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: string | FileSlice;
}

/** A connection that has been unused for this long may be dead. */
const CONNECTION_IDLE_MS = 4000;
/** An answer in XML: a thousand keys of a thousand characters, each of which may be written as nine. */
const MAX_XML_BYTES = 16 * 1024 * 1024;
const EMPTY_SHA256 = createHash('sha256').digest('hex');
/** Servers and proxies may change these, or read them as other bytes than were signed. */
const UNSIGNED = Object.fromEntries([...KEPT_HEADERS, 'content-length'].map((name) => [name, true]));

/** Signed requests to one bucket, over connections that are kept. Nothing is retried, and content is never held in memory. */
export class S3Client {
  readonly #options: S3ClientOptions;
  readonly #url: URL;
  readonly #agent: HttpAgent;
  readonly #request: typeof httpRequest;
  #isClosed = false;

  constructor(options: S3ClientOptions) {
    this.#options = options;
    this.#url = new URL(options.endpoint);
    if (options.addressing === 'host') this.#url.hostname = `${options.bucket}.${this.#url.hostname}`;
    const isHttps = this.#url.protocol === 'https:';
    this.#agent = new (isHttps ? HttpsAgent : HttpAgent)({ keepAlive: true, timeout: CONNECTION_IDLE_MS });
    this.#request = isHttps ? httpsRequest : httpRequest;
  }

  /** Aborts what is being sent and read. */
  close(): void {
    this.#isClosed = true;
    this.#agent.destroy();
  }

  /**
   * Sends a request. The answer is a success; its body is the caller's to read and to watch.
   * @throws S3Fault for every other answer; the error of the connection or of the file; ObjectError before the clock is right
   */
  async send(asked: S3Request): Promise<IncomingMessage> {
    this.#checkUsable();
    const watch = new Watch(this.#options);
    const outward = this.#begin(asked);
    watch.start(outward);
    try {
      const answer = await exchange(outward, asked.body, watch);
      const { statusCode = 0 } = answer;
      if (statusCode >= 200 && statusCode < 300) {
        watch.end();
        if (outward.writableFinished) return answer;
        // An answer before the end of what was sent cannot be about all of it.
        outward.destroy();
        throw new S3Fault('it answered before it had everything');
      }
      const region = answer.headers['x-amz-bucket-region'] as string | undefined;
      const fault = faultIn(await textOf(answer, watch), statusCode, { region });
      outward.destroy();
      throw fault;
    } finally {
      watch.end();
    }
  }

  /** Sends a request, and reads the whole answer. */
  async ask(asked: S3Request): Promise<{ text: string; headers: IncomingMessage['headers'] }> {
    const answer = await this.send(asked);
    const watch = new Watch(this.#options);
    watch.start(answer);
    try {
      return { text: await textOf(answer, watch), headers: answer.headers };
    } finally {
      watch.end();
    }
  }

  #begin({ method, key, query = {}, headers = {}, body }: S3Request): ClientRequest {
    const { region, accessKeyId, secretAccessKey, sessionToken, clock } = this.#options;
    const parameters = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
    // What the types lack: headers that are sent and not signed.
    const unsigned: aws4.Request & { extraHeadersToIgnore: Readonly<Record<string, boolean>> } = {
      service: 's3',
      region,
      method,
      path: this.#pathOf(key) + (parameters.length > 0 ? `?${parameters.join('&')}` : ''),
      headers: {
        ...headers,
        host: this.#url.host,
        'x-amz-date': new Date(clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
        'x-amz-content-sha256': digestOf(body),
        ...(method === 'PUT' || method === 'POST' ? { 'content-length': String(sizeOf(body)) } : {}),
      },
      extraHeadersToIgnore: UNSIGNED,
    };
    const signed = aws4.sign(unsigned, { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) });
    return this.#request({
      agent: this.#agent,
      protocol: this.#url.protocol,
      host: this.#url.hostname.replace(/^\[|\]$/g, ''),
      port: this.#url.port,
      method,
      path: signed.path,
      headers: signed.headers,
    });
  }

  #pathOf(key = ''): string {
    const { addressing, bucket } = this.#options;
    const base = this.#url.pathname.replace(/\/$/, '');
    const inPath = addressing === 'path' ? `/${bucket}` : '';
    // The bucket itself is a path without a slash at its end, or the root.
    return `${base}${inPath}${key === '' && inPath !== '' ? '' : '/'}${key.split('/').map(encoded).join('/')}`;
  }

  #checkUsable(): void {
    if (this.#isClosed) throw new ObjectError('unavailable', 'The gateway stops.');
    if (this.#options.clock.isTrusted()) return;
    throw new ObjectError(
      'unavailable',
      'The clock is not set yet, and requests to S3 have the time in their signatures.',
    );
  }
}

/** Ends what stands still for too long. */
class Watch {
  readonly #options: Pick<S3ClientOptions, 'clock' | 'timeoutMs'>;
  #watched: { destroy(error: Error): void } | undefined;
  #cancel: () => void = () => {};

  constructor(options: Pick<S3ClientOptions, 'clock' | 'timeoutMs'>) {
    this.#options = options;
  }

  start(watched: { destroy(error: Error): void }): void {
    this.#watched = watched;
    this.moved();
  }

  /** Notes that it goes on. */
  moved(): void {
    const { clock, timeoutMs } = this.#options;
    this.#cancel();
    if (!this.#watched) return;
    this.#cancel = clock.after(timeoutMs, () => this.#watched?.destroy(new S3Fault('it did not answer in time')));
  }

  end(): void {
    this.#watched = undefined;
    this.#cancel();
  }
}

async function exchange(outward: ClientRequest, body: S3Request['body'], watch: Watch): Promise<IncomingMessage> {
  const answered = once(outward, 'response') as Promise<[IncomingMessage]>;
  // Errors that come after the answer are those of the answer.
  outward.on('error', () => {});
  if (typeof body === 'object') {
    const { path, start, size } = body;
    if (size === 0) outward.end();
    else {
      const file = createReadStream(path, { start, end: start + size - 1 });
      file.on('data', () => watch.moved());
      pipeline(file, outward).catch(() => {});
    }
  } else outward.end(body);
  const [answer] = await answered;
  watch.moved();
  return answer;
}

/** An answer's body. */
async function textOf(answer: IncomingMessage, watch: Watch): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    watch.moved();
    size += piece.length;
    if (size > MAX_XML_BYTES) throw new S3Fault('its answer cannot be read (it is too long)');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

function digestOf(body: S3Request['body']): string {
  if (body === undefined) return EMPTY_SHA256;
  return typeof body === 'string' ? createHash('sha256').update(body).digest('hex') : body.sha256;
}

function sizeOf(body: S3Request['body']): number {
  return typeof body === 'object' ? body.size : Buffer.byteLength(body ?? '');
}

/** As signatures have it: every character but the unreserved ones. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
