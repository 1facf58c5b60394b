/** Where the gateway gives out objects by HTTP, and what proves to it who asks. */
export interface HttpPlace {
  /** Without a slash at its end. */
  readonly address: string;
  /** The header Authorization; undefined for a client without credentials. */
  readonly authorization: string | undefined;
  readonly fetch: Fetch;
}

/** What is used of `fetch`, whichever types a program has; it need have none of a browser. */
export type Fetch = typeof globalThis extends {
  AbortSignal: { prototype: infer Signal };
  Response: { prototype: infer Answer };
}
  ? (url: string, init: { headers: Record<string, string>; signal: Signal }) => Promise<Answer>
  : never;

/** The header Authorization of a user and a password, which may be a token: HTTP Basic in UTF-8. */
export function basic(user: string, password: string): string {
  const bytes = new TextEncoder().encode(`${user}:${password}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/** The headers of a request there. */
export function headersFor({ authorization }: Pick<HttpPlace, 'authorization'>): Record<string, string> {
  return authorization === undefined ? {} : { authorization };
}
