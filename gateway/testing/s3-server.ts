import { randomBytes } from 'node:crypto';
import type { Program } from './program.ts';
import { startPython } from './python.ts';

/** Whose the objects are; the server looks at the key's name only. */
const SIGNED = {
  authorization:
    'AWS4-HMAC-SHA256 Credential=id/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=none',
};

/** A server of S3 that is not ours (moto's). It takes any access keys. */
export class S3Server {
  readonly port: number;
  readonly #program: Program;

  private constructor(program: Program, port: number) {
    this.#program = program;
    this.port = port;
  }

  static async start(): Promise<S3Server> {
    const program = startPython('a server of S3', 's3_server.py');
    const { port } = await program.take('ready', {}, 60_000);
    return new S3Server(program, Number(port));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  /** Makes a bucket of its own for whoever asks. */
  async createBucket(): Promise<S3Bucket> {
    const name = `bucket-${randomBytes(6).toString('hex')}`;
    const bucket = new S3Bucket(`${this.url}/${name}`, name);
    const answer = await fetch(bucket.url, { method: 'PUT', headers: SIGNED });
    if (!answer.ok) throw new Error(`the server of S3 makes no bucket: ${answer.status} ${await answer.text()}`);
    return bucket;
  }
}

/** A bucket of it as everyone sees it who is beside the server. */
export class S3Bucket {
  readonly url: string;
  readonly name: string;

  constructor(url: string, name: string) {
    this.url = url;
    this.name = name;
  }

  /** The content of an object; undefined if there is none. */
  async read(key: string): Promise<Buffer | undefined> {
    const answer = await fetch(this.#addressOf(key), { headers: SIGNED });
    return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
  }

  async write(key: string, content: Uint8Array): Promise<void> {
    const { ok, status } = await fetch(this.#addressOf(key), {
      method: 'PUT',
      headers: SIGNED,
      body: new Uint8Array(content),
    });
    if (!ok) throw new Error(`the server of S3 does not take ${key}: ${status}`);
  }

  /** The ids of uploads in parts that nobody has completed. */
  async unfinished(): Promise<string[]> {
    const text = await (await fetch(`${this.url}?uploads`, { headers: SIGNED })).text();
    return [...text.matchAll(/<UploadId>([^<]*)</g)].map(([, id = '']) => id);
  }

  #addressOf(key: string): string {
    return `${this.url}/${key.split('/').map(encodeURIComponent).join('/')}`;
  }
}
