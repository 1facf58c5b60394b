import type { Readable } from 'node:stream';
import type { XmlFields } from './xml.ts';
import { writeXml } from './xml.ts';

/** What a request is answered with. */
export interface OssAnswer {
  status: number;
  headers?: Record<string, string>;
  /** Text is XML. A stream is sent as it comes, with the Content-Length that the headers say. */
  body?: string | Readable;
}

/** An answer that is an XML document. */
export function xmlAnswer(root: string, fields: XmlFields, headers: Record<string, string> = {}): OssAnswer {
  return { status: 200, headers: { 'Content-Type': 'application/xml', ...headers }, body: writeXml(root, fields) };
}

/** A time as OSS writes it in XML: whole seconds with three zeros behind, as some clients read nothing else. */
export function xmlTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, '.000Z');
}

/** An ETag as OSS writes it: in quotes, and in capitals. */
export function quoteEtag(etag: string): string {
  return `"${etag.toUpperCase()}"`;
}

/** An ETag as the store knows it, from what a client wrote. */
export function unquoteEtag(text: string): string {
  return text
    .trim()
    .replace(/^(?:W\/)?"(.*)"$/, '$1')
    .toLowerCase();
}
