import { notImplemented } from '../oss-error.ts';
import type { OssRequest } from '../request.ts';

/** What an operation understands of a request. Anything else is refused, as ignoring it would do something else than was asked. */
export interface Allowed {
  /** Parameters of the query, those that select the operation included. */
  params?: readonly string[];
  /** Headers that begin with the dialect's prefix, such as `x-oss-`, and conditions for writing. */
  headers?: readonly string[];
}

/** What all requests of a dialect may have. */
export interface AllowedRules {
  /** Parameters of signatures, and parameters that change nothing in this gateway. */
  params: ReadonlySet<string>;
  headers: ReadonlySet<string>;
  /** Values, by header or parameter, that ask for what the gateway does anyway; all others are refused. */
  harmless: Readonly<Record<string, readonly string[]>>;
  /** What is better called by its name than by its parameter or header. */
  names: Readonly<Record<string, string>>;
}

/** Throws OssError NotImplemented for a parameter or header that would change what is asked, before anything is touched. */
export function checkAllowed(request: OssRequest, { params = [], headers = [] }: Allowed, rules: AllowedRules): void {
  const { method, dialect } = request;
  for (const [name, value] of request.query) {
    if (rules.params.has(name) || params.includes(name) || isHarmless(rules, name, value)) continue;
    throw missing(request, rules, name, 'parameter');
  }
  for (const [name, value] of request.headers) {
    if (headers.includes(name)) continue;
    if (name.startsWith(dialect.prefix)) {
      if (rules.headers.has(name) || isHarmless(rules, name, value)) continue;
      if (name.startsWith(`${dialect.prefix}meta-`) && method !== 'GET') continue;
      throw missing(request, rules, name, 'header');
    }
    if (method === 'GET' || method === 'HEAD') continue;
    // A client that sets a condition which nobody looks at would not get what it expects.
    if (name === 'if-match' || name === 'if-none-match') throw missing(request, rules, name, 'header');
    if (name === 'content-encoding' && /\baws-chunked\b/i.test(value)) throw notImplemented('chunks that are signed');
  }
}

function isHarmless({ harmless }: AllowedRules, name: string, value: string): boolean {
  return Object.hasOwn(harmless, name) && harmless[name]?.includes(value.trim().toLowerCase()) === true;
}

function missing({ dialect }: OssRequest, { names }: AllowedRules, name: string, what: 'parameter' | 'header'): Error {
  if (name.startsWith(`${dialect.prefix}server-side-`)) return notImplemented('encryption on the server');
  const known = Object.hasOwn(names, name) ? names[name] : undefined;
  return notImplemented(known ?? `the ${what} ${JSON.stringify(name)} of this request`);
}
