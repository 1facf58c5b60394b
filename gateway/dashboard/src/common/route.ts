/** Which page is open, as the part of the address behind `#` says it: `#/clients/door?protocol=mqtt`. */
export interface Route {
  /** `clients`; empty for the first page. */
  page: string;
  /** What the page is about, such as a client id. */
  name?: string;
  /** What it was opened with. */
  query: Readonly<Record<string, string>>;
}

/** What a page is given: what it is about, and what it was opened with. */
export type PageProps = Pick<Route, 'name' | 'query'>;

/** The address of a page. Names of clients and channels may contain anything, so they are percent-encoded. */
export function hrefOf(page: string, name?: string, query: Readonly<Record<string, string>> = {}): string {
  const path = name === undefined ? page : `${page}/${encodeURIComponent(name)}`;
  const search = new URLSearchParams(query).toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

/** Reads what stands behind `#`; what cannot be read leads to the first page. */
export function parseHash(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [page = '', name] = path.split('/', 2);
  try {
    const query = Object.fromEntries(new URLSearchParams(search));
    return { page, query, ...(name === undefined || name === '' ? {} : { name: decodeURIComponent(name) }) };
  } catch {
    return { page: '', query: {} };
  }
}
