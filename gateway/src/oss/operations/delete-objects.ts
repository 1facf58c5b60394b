import { createHash } from 'node:crypto';
import { XmlElement } from '@rgrove/parse-xml';
import { ObjectError } from '../../objects/contract.ts';
import type { OssAnswer } from '../answer.ts';
import { readDocument } from '../body.ts';
import { readContentMd5 } from '../object-headers.ts';
import { notImplemented } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';
import { childrenOf, malformed, readXml, textOf } from '../xml.ts';
import type { OperationContext } from './context.ts';
import { readEncoding } from './encoding.ts';
import { xmlAnswer } from './xml-answer.ts';

const MAX_KEYS = 1000;
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

/** DeleteObject: deleting an object that does not exist succeeds. */
export async function deleteObject({ key }: OssRequest, { store }: OperationContext): Promise<OssAnswer> {
  await store.remove(key);
  return { status: 204 };
}

/** DeleteMultipleObjects. */
export async function deleteObjects(request: OssRequest, { store, rights }: OperationContext): Promise<OssAnswer> {
  const encoding = readEncoding(request);
  const document = await readDocument(request, MAX_DOCUMENT_BYTES);
  checkMd5(request, document);
  const root = readXml(document.toString('utf8'), 'Delete');
  const objects = childrenOf(root, 'Object');
  refuseVersions(objects);
  refuseConditions(objects);
  const keys = objects.map(readKey);
  if (keys.length === 0 || keys.length > MAX_KEYS) throw malformed();
  for (const key of keys) rights.checkUpload(key);
  for (const key of keys) await removeIfThere(store, key);
  if (textOf(root, 'Quiet')?.trim().toLowerCase() === 'true') return { status: 200 };
  return xmlAnswer(request, 'DeleteResult', {
    EncodingType: encoding.type,
    Deleted: keys.map((key) => ({ Key: encoding.write(key) })),
  });
}

function readKey(element: XmlElement): string {
  const key = textOf(element, 'Key');
  if (key === undefined || key === '') throw malformed();
  return key;
}

/** A request for one version must not delete the object itself; `null` is OSS's name for the only version. */
function refuseVersions(objects: readonly XmlElement[]): void {
  const version = objects.map((element) => textOf(element, 'VersionId')?.trim()).find((id) => id && id !== 'null');
  if (version !== undefined) throw notImplemented('versions');
}

/** An object that is to be deleted only if it has this ETag, size or time must not be deleted whatever it has. */
function refuseConditions(objects: readonly XmlElement[]): void {
  const known = new Set(['Key', 'VersionId']);
  const isCondition = (child: unknown): child is XmlElement => child instanceof XmlElement && !known.has(child.name);
  const condition = objects.flatMap(({ children }) => children).find(isCondition);
  if (condition !== undefined) throw notImplemented(`the element ${condition.name} of objects to be deleted`);
}

/** No object can have this key, so there is nothing to delete. */
async function removeIfThere(store: OperationContext['store'], key: string): Promise<void> {
  try {
    await store.remove(key);
  } catch (error) {
    if (!(error instanceof ObjectError && error.code === 'bad_key')) throw error;
  }
}

function checkMd5(request: OssRequest, document: Buffer): void {
  const announced = readContentMd5(request);
  if (announced === undefined || announced === createHash('md5').update(document).digest('hex')) return;
  throw new ObjectError('wrong_digest', 'The Content-MD5 you specified did not match what we received.');
}
