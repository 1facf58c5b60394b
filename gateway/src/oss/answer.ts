import type { Readable } from 'node:stream';

/** What a request is answered with. */
export interface OssAnswer {
  status: number;
  headers?: Record<string, string>;
  /** Text is XML. A stream is sent as it comes, with the Content-Length that the headers say. */
  body?: string | Readable;
}

/** A document as an answer. */
export function documentAnswer(body: string, headers: Record<string, string> = {}): OssAnswer {
  return { status: 200, headers: { 'Content-Type': 'application/xml', ...headers }, body };
}

/** A time as it is written in XML: whole seconds with three zeros behind, as some clients read nothing else. */
export function xmlTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -'000Z'.length)}000Z`;
}

/** An ETag as the store knows it, from what a client wrote. */
export function unquoteEtag(text: string): string {
  return (
    text
      .trim()
      .replace(/^(?:W\/)?"(.*)"$/, '$1')
      .toLowerCase()
      // As S3's clients were told it.
      .replace(/^([0-9a-f]{24}0{8})-1$/, '$1')
  );
}
