import { parseXml, XmlElement, XmlText } from '@rgrove/parse-xml';
import { S3Fault, type S3FaultOptions } from './s3-fault.ts';

/** What a list says of an object. */
export interface ListedKey {
  key: string;
  size: number;
  etag: string;
  /** ISO 8601. */
  modified: string;
}

export interface ListedKeys {
  keys: ListedKey[];
  prefixes: string[];
  isTruncated: boolean;
}

/** The root of an answer, which must have this name. Throws S3Fault for anything else, also for an error that was answered with 200. */
function rootOf(text: string, name: string): XmlElement {
  const root = parsed(text);
  if (root?.name === 'Error') throw errorIn(root, 200);
  if (root?.name !== name) throw new S3Fault(`its answer cannot be read (no ${name})`);
  return root;
}

function parsed(text: string): XmlElement | undefined {
  try {
    return parseXml(text).root ?? undefined;
  } catch {
    return undefined;
  }
}

/** What an answer with this status says went wrong. */
export function faultIn(text: string, status: number, more: Pick<S3FaultOptions, 'region'> = {}): S3Fault {
  const root = parsed(text);
  return root?.name === 'Error' ? errorIn(root, status, more) : new S3Fault('', { ...more, status });
}

function errorIn(root: XmlElement, status: number, { region }: Pick<S3FaultOptions, 'region'> = {}): S3Fault {
  const code = textOf(root, 'Code');
  return new S3Fault(textOf(root, 'Message'), { code, status, region: textOf(root, 'Region') || region });
}

/** The id in an answer to CreateMultipartUpload. */
export function uploadIdIn(text: string): string {
  const id = textOf(rootOf(text, 'InitiateMultipartUploadResult'), 'UploadId');
  if (id === '') throw new S3Fault('its answer cannot be read (no UploadId)');
  return id;
}

/** Throws S3Fault unless the answer says that the parts are an object now. */
export function checkCompleted(text: string): void {
  rootOf(text, 'CompleteMultipartUploadResult');
}

/** The uploads in an answer to ListMultipartUploads. */
export function uploadsIn(text: string): { key: string; uploadId: string }[] {
  return childrenOf(rootOf(text, 'ListMultipartUploadsResult'), 'Upload').map((upload) => ({
    key: textOf(upload, 'Key'),
    uploadId: textOf(upload, 'UploadId'),
  }));
}

/** An answer to ListObjectsV2. */
export function keysIn(text: string): ListedKeys {
  const root = rootOf(text, 'ListBucketResult');
  // Not every store can encode keys, and says so by not mentioning it.
  const plain = textOf(root, 'EncodingType') === 'url' ? decodedKey : (key: string): string => key;
  return {
    keys: childrenOf(root, 'Contents').map((entry) => ({
      key: plain(textOf(entry, 'Key')),
      size: Number(textOf(entry, 'Size')),
      etag: textOf(entry, 'ETag'),
      modified: textOf(entry, 'LastModified'),
    })),
    prefixes: childrenOf(root, 'CommonPrefixes').map((entry) => plain(textOf(entry, 'Prefix'))),
    isTruncated: textOf(root, 'IsTruncated') === 'true',
  };
}

function decodedKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}

/** The body of CompleteMultipartUpload: the ETags of all parts, in their order. */
export function completion(etags: readonly string[]): string {
  const parts = etags.map(
    (etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(etag)}</ETag></Part>`,
  );
  const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';
  return `<CompleteMultipartUpload xmlns="${namespace}">${parts.join('')}</CompleteMultipartUpload>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function childrenOf(parent: XmlElement, name: string): XmlElement[] {
  return parent.children.filter((child): child is XmlElement => child instanceof XmlElement && child.name === name);
}

/** The text of the element of this name right below `parent`; empty where there is none. */
function textOf(parent: XmlElement, name: string): string {
  const [child] = childrenOf(parent, name);
  return child?.children.map((part) => (part instanceof XmlText ? part.text : '')).join('') ?? '';
}
