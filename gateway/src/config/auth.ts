import { z } from 'zod';
import { hasWholeWildcards } from './fields.ts';
import { pathText } from './keys.ts';

/** What a rule can be about; access/rules.ts says what each means. */
const action = z.enum([
  'send',
  'subscribe',
  'presence',
  'call',
  'upload',
  'read',
  'operate',
  'accounts',
  'clear',
  'controls',
]);
const about = z.union([action, z.array(action).min(1)], `one or a list of ${action.options.join(', ')}`);
const BUILT_IN = ['admin', 'member', 'device', 'viewer', 'anonymous'];

/** True where `filter` is a topic filter: `#` only at the end, `+` and `#` only as a whole level. */
function isTopicFilter(filter: string): boolean {
  return filter !== '' && hasWholeWildcards(filter);
}

const rule = z
  .strictObject({
    allow: about.optional(),
    deny: about.optional(),
    topics: z.array(z.string().refine(isTopicFilter, 'a topic filter such as lab/+/temperature')).optional(),
  })
  .refine(({ allow, deny }) => (allow === undefined) !== (deny === undefined), {
    error: 'a rule with allow or deny, and not with both',
    // A key that is written wrong is told of, and not that it is missing too.
    when: ({ issues }) => issues.length === 0,
  });

/** What a role may be called, beside the built-in ones. */
export const roleNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]*$/i, 'letters, digits, - and _')
  .refine((name) => !BUILT_IN.includes(name), `none of ${BUILT_IN.join(', ')}, which are built in`);

/** A path within a list of rules, as people count: `rule 1, topics[0]`. */
export function rulePlace([index, ...rest]: readonly PropertyKey[]): string {
  const below = pathText(rest.map((step) => (typeof step === 'symbol' ? String(step) : step)));
  return `rule ${Number(index) + 1}${below === '' ? '' : `, ${below}`}`;
}

/** The rules of a role. */
export const rulesSchema = z.array(rule).max(1000);

/** Roles by name. */
export const configuredRolesSchema = z.record(roleNameSchema, rulesSchema);

const most = z.number().int().positive().optional();

/** What an account of a role may use; access/quotas.ts says what each means. */
const quota = z.strictObject({
  messagesPerSecond: z.number().positive().optional(),
  bytesPerDay: most,
  connections: most,
  subscriptions: most,
  uploadBytesPerDay: most,
});

/** The section `auth` of the configuration. */
export const auth = z
  .strictObject({
    anonymous: z
      .enum(['loopback', 'allow', 'deny'])
      .default('loopback')
      .describe('who may join without a proof of identity: programs on this machine, anyone, or nobody'),
    cableRole: z.string().min(1).default('device').describe('the role of boards on serial ports'),
    roles: configuredRolesSchema.default({}).describe('roles beside the built-in ones, each a list of rules'),
    quotas: z
      .record(z.string(), quota)
      .default({})
      .describe('what each account of a role may send and have, in a second, in a day and at once'),
  })
  .prefault({})
  .describe('who may join, and what they may do');
