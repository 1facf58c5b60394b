/** Why the gateway did not do what the page asked it for. */
export class ApiError extends Error {
  /** The status of HTTP; 0 where there was no answer. */
  readonly status: number;
  /** Such as `PEER_NOT_ALLOWED`; empty where there was no answer. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether the gateway did not answer: nobody did, or a proxy in its place, or it is about to end. */
  get isUnreachable(): boolean {
    return this.code === '' && (this.status === 0 || this.status >= 500);
  }
}

const TIMEOUT_MS = 15_000;

/** Called when the gateway refuses to answer for who asks; `path`: what was asked for. */
let onRefused = (_path: string): void => {};

/** Names what is to be done when a credential is missing, or is not good for what was asked, as when an account or its role was taken away. */
export function whenRefused(act: (path: string) => void): void {
  onRefused = act;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined | readonly string[]>>;

/** An address with what is asked for behind `?`; what is undefined or empty is left out, and each of a list is given. */
export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).flatMap(([name, value]) => [value].flat().map((each) => [name, each] as const));
  const said = given.filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return search === '' ? path : `${path}?${search}`;
}

/**
 * Asks the gateway, by the cookie of whoever is signed in.
 *
 * @returns what it answers: its JSON, undefined where there is none
 * @throws ApiError with a sentence that says what is wrong
 */
export async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const init: RequestInit = { method, signal: AbortSignal.timeout(TIMEOUT_MS) };
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  const answer = await fetch(path, init).catch(noAnswer);
  if (!answer.ok) throw await errorOf(answer);
  // It may break off in the middle.
  return (answer.status === 204 ? undefined : await answer.json().catch(noAnswer)) as Answer;
}

function noAnswer(): never {
  throw new ApiError(0, '', '');
}

/** Asks for something that changes nothing. */
export async function get<Answer>(path: string, query: Query = {}): Promise<Answer> {
  return await ask<Answer>('GET', withQuery(path, query));
}

/** How many names an answer has at most, and how many answers are taken. */
const PER_ANSWER = 1_000;
const MAX_ANSWERS = 3;

/**
 * Asks for a list that comes in several answers: the first 3,000 of it.
 *
 * @param key under which the answers have it
 * @returns `isCut`: there are more
 */
export async function getList<Item>(
  path: string,
  key: string,
  query: Query,
): Promise<{ found: Item[]; isCut: boolean }> {
  const found: Item[] = [];
  let after: string | undefined;
  for (let count = 0; count < MAX_ANSWERS; count++) {
    const answer = await get<Record<string, unknown>>(path, { ...query, limit: PER_ANSWER, after });
    found.push(...(answer[key] as Item[]));
    after = answer.next as string | undefined;
    if (after === undefined) break;
  }
  return { found, isCut: after !== undefined };
}

/** What an answer says that is no success. */
export async function errorOf(answer: Response): Promise<ApiError> {
  if (answer.status === 401 || answer.status === 403) onRefused(new URL(answer.url).pathname);
  const said = (await answer.json().catch(() => undefined)) as
    | { error?: { code?: string; message?: string } }
    | undefined;
  return new ApiError(answer.status, said?.error?.code ?? '', said?.error?.message ?? answer.statusText);
}

/** A name as a part of a path. */
export function part(name: string): string {
  return encodeURIComponent(name);
}
