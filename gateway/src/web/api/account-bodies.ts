import { z } from 'zod';
import { rulesSchema } from '../../config/auth.ts';
import { lazy } from './schema.ts';

/** How long the name of a role, an id or a label may be at most, in characters. */
const MAX_TEXT = 256;

const text = () => z.string().min(1).max(MAX_TEXT);
const time = () =>
  z.iso
    .datetime({ offset: true })
    .transform((value) => Date.parse(value))
    .describe('a time in ISO 8601, such as 2027-01-31T18:00:00Z');

export const newAccount = lazy(() =>
  z.strictObject({
    name: text().describe('letters, digits and - _ . @'),
    roles: z.array(text()).min(1).optional().describe('default: member'),
    ids: z.array(text()).optional().describe('client ids that it owns beside its name and NAME-*'),
    namespace: text().optional().describe('what its channels and client ids begin with for all others'),
    expires: time().optional(),
    password: z.string().optional(),
  }),
);
export const password = lazy(() => z.strictObject({ password: z.string() }));
export const token = lazy(() => z.strictObject({ label: text().optional() }));
/** One that is good for longer than ten years would outlive the authority. */
export const certificate = lazy(() => z.strictObject({ days: z.number().int().min(1).max(3650).default(365) }));
export const roles = lazy(() => z.strictObject({ roles: z.array(text()).min(1) }));
export const ids = lazy(() => z.strictObject({ ids: z.array(text()) }));
export const expiry = lazy(() => z.strictObject({ expires: time().nullable().describe('null: never') }));
export const importBody = lazy(() =>
  z.strictObject({
    accounts: z.array(z.strictObject({ name: text(), passwordHash: z.string().max(4096) })),
    roles: z.array(text()).min(1).optional(),
  }),
);
export const role = lazy(() => z.strictObject({ rules: rulesSchema.min(1) }));
