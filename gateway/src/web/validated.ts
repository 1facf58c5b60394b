import type { z } from 'zod';
import { RequestError } from './request-error.ts';

/** The body of a request as its schema has it. Throws a RequestError that says what is wrong with it, without the values, which may be secret.
 * `nameOf`: how a part of it is called. */
export function validated<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
  nameOf: (path: readonly PropertyKey[]) => string = (path) => path.join('.'),
): z.infer<Schema> {
  const read = schema.safeParse(body ?? {}, { reportInput: false });
  if (read.success) return read.data;
  throw new RequestError(
    'PEER_MALFORMED',
    `The body of the request is not as it must be: ${faultsOf(read.error, nameOf)}.`,
  );
}

/** What stands behind the question mark of an address, as its schema has it; what was left empty, as a form sends it, is not there. */
export function validatedQuery<Schema extends z.ZodType>(schema: Schema, query: unknown): z.infer<Schema> {
  const said = Object.entries(query as object).filter(([, value]) => value !== '');
  const read = schema.safeParse(Object.fromEntries(said), { reportInput: false });
  if (read.success) return read.data;
  const faults = faultsOf(read.error, (path) => path.join('.'));
  throw new RequestError('PEER_MALFORMED', `What is behind the ? of the address is not as it must be: ${faults}.`);
}

const NO_OBJECT = 'it must be a JSON object, with Content-Type: application/json';

function faultsOf({ issues }: z.ZodError, nameOf: (path: readonly PropertyKey[]) => string): string {
  const faults = issues.slice(0, 3).map(({ path, message, code }) => {
    if (path.length === 0 && code === 'invalid_type') return NO_OBJECT;
    const where = path.length === 0 ? 'it' : nameOf(path);
    return `${where.slice(0, 100)}: ${message.slice(0, 200)}`;
  });
  return faults.join('; ');
}
