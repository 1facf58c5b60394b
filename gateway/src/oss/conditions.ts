import type { ObjectInfo, ObjectStore } from '../objects/contract.ts';
import { unquoteEtag } from './answer.ts';
import { noSuchKey, notImplemented, OssError } from './oss-error.ts';
import type { OssRequest, RawRequest } from './request.ts';

export type Condition = 'met' | 'not modified';

/**
 * Checks the conditions (If-Match and its like) that a request sets for an object.
 *
 * @param prefix prefix of the headers' names: empty, or such as `x-oss-copy-source-`
 * @throws OssError PreconditionFailed
 */
export function checkConditions({ headers }: RawRequest, info: ObjectInfo, prefix = ''): Condition {
  const header = (name: string) => headers.get(`${prefix}${name}`);
  // HTTP's dates have whole seconds.
  const modifiedMs = Math.floor(info.modifiedMs / 1000) * 1000;
  const match = header('if-match');
  if (match !== undefined && !lists(match, info.etag)) throw failed('If-Match');
  const unmodifiedMs = Date.parse(header('if-unmodified-since') ?? '');
  if (match === undefined && modifiedMs > unmodifiedMs) throw failed('If-Unmodified-Since');
  const noneMatch = header('if-none-match');
  if (noneMatch !== undefined) return lists(noneMatch, info.etag) ? 'not modified' : 'met';
  return modifiedMs <= Date.parse(header('if-modified-since') ?? '') ? 'not modified' : 'met';
}

/**
 * What must hold of the object that a write replaces, where If-Match names its ETag: for `WriteOptions.onlyIf`. It is asked here already, so that
 * what has no chance need not come.
 *
 * @throws OssError NoSuchKey where there is no object, PreconditionFailed where it is another, NotImplemented where the store cannot tell
 */
export async function conditionOfWrite(
  { headers, key }: OssRequest,
  store: ObjectStore,
): Promise<((before: ObjectInfo | undefined) => void) | undefined> {
  const match = headers.get('if-match');
  if (match === undefined) return undefined;
  if (!store.comparesOnWrite) throw notImplemented('the condition If-Match for writing to a store elsewhere');
  const onlyIf = (before: ObjectInfo | undefined): void => {
    if (before === undefined) throw noSuchKey(key);
    if (!lists(match, before.etag)) throw failed('If-Match');
  };
  onlyIf(await store.head(key));
  return onlyIf;
}

/** Whether the Range header applies: it does not if If-Range names another version of the object (RFC 9110, section 13.1.5). */
export function isRangeOfThis({ headers }: RawRequest, info: ObjectInfo): boolean {
  const text = headers.get('if-range')?.trim();
  if (text === undefined) return true;
  if (text.startsWith('"')) return unquoteEtag(text) === info.etag.toLowerCase();
  return Date.parse(text) === Math.floor(info.modifiedMs / 1000) * 1000;
}

function lists(value: string, etag: string): boolean {
  return value.trim() === '*' || value.split(',').some((each) => unquoteEtag(each) === etag.toLowerCase());
}

function failed(condition: string): OssError {
  const message = 'At least one of the pre-conditions you specified did not hold.';
  return new OssError(412, 'PreconditionFailed', message, { Condition: condition });
}
