import { z } from 'zod';

/**
 * A schema that is made when it is first needed. Those of answers are needed by the description of the API and by tests alone, and the
 * gateway is to be ready soon.
 */
export type Lazy<S extends z.ZodType = z.ZodType> = () => S;

/** The value that a lazy schema gives out, and the one that it takes in. */
export type Output<L extends Lazy> = z.output<ReturnType<L>>;

/** Makes a schema once, at the first call. */
export function lazy<S extends z.ZodType>(make: () => S): Lazy<S> {
  let made: S | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** The headers of a stream of server-sent events. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies such as nginx would hold events back.
  'x-accel-buffering': 'no',
};

/** Milliseconds since 1970. */
export const timeMs = () => z.number().describe('milliseconds since 1970');
/** A number of things, or of bytes. */
export const count = () => z.number().int().min(0);

export const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

/** How much of a list is wanted. */
export const paging = () => ({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('how many at most'),
  after: z.string().optional().describe('the "next" of the page before: where this one begins'),
});
/** What to give as `after` for more; left out where there is no more. */
export const next = () => z.string().optional().describe('what to give as "after" for more; left out at the end');

/** A yes or a no in an address. */
export const flag = () => z.enum(['true', 'false']).transform((text) => text === 'true');

/** A page of a list that is sorted by name. */
export function pageOf<T>(
  sorted: readonly T[],
  nameOf: (item: T) => string,
  { limit, after }: { limit: number; after?: string | undefined },
): { page: T[]; next?: string } {
  const begin = after === undefined ? 0 : sorted.findIndex((item) => nameOf(item) > after);
  if (begin < 0) return { page: [] };
  const page = sorted.slice(begin, begin + limit);
  const last = page.at(-1);
  return begin + limit < sorted.length && last !== undefined ? { page, next: nameOf(last) } : { page };
}

/** Sorts names as `pageOf` wants them. */
export function byName(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Every error that is answered. */
export const errorAnswer = lazy(() =>
  z
    .strictObject({
      error: z.strictObject({
        code: z.string().describe('a code of docs/errors.md'),
        message: z.string().describe('what is wrong, and what to do: a sentence'),
      }),
    })
    .meta({ id: 'ErrorAnswer' }),
);
