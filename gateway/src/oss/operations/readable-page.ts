import type { ListOptions, ObjectInfo, ObjectPage, ObjectStore } from '../../objects/contract.ts';
import { accessDenied, type KeyRights } from '../key-rights.ts';

/** How many entries a store is asked for at most, where not all of them may be shown. */
const MAX_STEP = 1000;
/** What comes behind every key that has the same beginning. */
const LAST = '\u{10fffd}';

/** An object, or a common prefix. */
interface Entry {
  name: string;
  info?: ObjectInfo;
}

/**
 * A page of what may be read, as if nothing else were in the store: neither its marker nor its being cut tells of another object. What may not
 * be read is passed over, a whole folder at once where nothing in it may be.
 *
 * @throws OssError AccessDenied where the account of the key is gone meanwhile; what `store.list` throws
 */
export async function readablePage(
  store: Pick<ObjectStore, 'list'>,
  rights: KeyRights,
  options: ListOptions,
): Promise<ObjectPage> {
  if (rights.readsAll) return await store.list(options);
  const { limit, delimiter = '' } = options;
  const found: Entry[] = [];
  let at = options.after;
  let step = Math.min(limit + 1, MAX_STEP);
  // One more than fits says that there is another page.
  while (found.length <= limit) {
    const page = await store.list({ ...options, limit: step, ...(at !== undefined && { after: at }) });
    if (!rights.isValid) throw accessDenied();
    found.push(
      ...entriesOf(page).filter(({ name, info }) => (info ? rights.mayRead(name) : rights.mayReadBelow(name))),
    );
    if (page.next === undefined) break;
    at = (delimiter === '' && forbiddenFolder(rights, page.next)) || page.next;
    step = MAX_STEP;
  }
  const shown = found.slice(0, limit);
  const next = found.length > limit ? shown.at(-1)?.name : undefined;
  return {
    objects: shown.flatMap(({ info }) => info ?? []),
    prefixes: shown.flatMap(({ name, info }) => (info ? [] : [name])),
    ...(next !== undefined && { next }),
  };
}

/** What is on a page, in its order. */
function entriesOf({ objects, prefixes }: ObjectPage): Entry[] {
  const entries: Entry[] = [
    ...objects.map((info) => ({ name: info.key, info })),
    ...prefixes.map((name) => ({ name })),
  ];
  return entries.sort((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)));
}

/** The end of the outermost folder around a key in which nothing may be read; undefined where there is none. */
function forbiddenFolder(rights: KeyRights, key: string): string | undefined {
  for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
    const folder = key.slice(0, slash + 1);
    if (!rights.mayReadBelow(folder)) return folder + LAST;
  }
  return undefined;
}
