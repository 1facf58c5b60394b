import { z } from 'zod';
import { compileExpression, ExpressionError } from '../hub/functional/expression.ts';
import { compileTemplate } from '../hub/functional/template.ts';
import { duration, hasWholeWildcards, namedApart } from './fields.ts';

const MAX_NODES = 1000;
const MAX_DEPTH = 20;
const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as "22:30"');

/** What is wrong with what `compile` compiles; undefined where nothing is. */
function faultOf(compile: () => unknown): string | undefined {
  try {
    compile();
    return undefined;
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
}

const expression = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const fault = faultOf(() => compileExpression(text, undefined));
    if (fault !== undefined)
      context.addIssue({ code: 'custom', message: `an expression such as celsius > 26 (${fault})` });
  });

const template = (what: string) =>
  z
    .string()
    .max(1024)
    .superRefine((text, context) => {
      const fault = faultOf(() => compileTemplate(text));
      if (fault !== undefined) context.addIssue({ code: 'custom', message: `${what} (${fault})` });
    });

/** Text, a number, true, false, null, or a list or an object of such. */
const body = z.unknown().superRefine((value, context) => {
  let left = MAX_NODES;
  const look = (part: unknown, depth: number): string | undefined => {
    if (--left < 0 || depth > MAX_DEPTH) return `at most ${MAX_NODES} values, nested at most ${MAX_DEPTH} deep`;
    if (typeof part === 'string') return faultOf(() => compileTemplate(part));
    if (typeof part !== 'object' || part === null) return undefined;
    for (const inner of Object.values(part)) {
      const fault = look(inner, depth + 1);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
  const fault = look(value, 0);
  if (fault !== undefined)
    context.addIssue({ code: 'custom', message: `a body whose expressions can be read (${fault})` });
});

const automation = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, hyphens and underscores')
    .describe('name of this automation, in logs and on the page'),
  when: z
    .string()
    .min(1)
    .max(1024)
    .refine(isFilter, { error: 'a channel or a topic filter such as sensors/+/climate' })
    .describe('channel or topic filter of the messages that it looks at'),
  if: expression.optional().describe('expression that a message must fulfil; by default each does'),
  edge: z
    .enum(['none', 'rising', 'falling'])
    .default('none')
    .describe('rising: only when it becomes true; falling: only when it becomes false again'),
  between: z
    .tuple([timeOfDay, timeOfDay])
    .optional()
    .describe('from when to when, by the clock of the machine; may pass midnight'),
  holdMs: duration(0).describe('how long it must have been true without a break'),
  window: z
    .strictObject({
      count: z.number().int().min(2).max(50).describe('how many times'),
      withinMs: duration(10_000, 1).describe('within which time'),
    })
    .optional()
    .describe('how often it must be true, within which time'),
  debounceMs: duration(0).describe('how long it must have been quiet after the last time'),
  pauseMs: duration(0).describe('how long it rests after it has sent'),
  maxPerMinute: z.number().int().min(1).max(60_000).default(600).describe('how often a minute it may send at most'),
  send: z
    .array(
      z.strictObject({
        channel: template('a channel whose expressions can be read').min(1).describe('channel or client to send to'),
        body: body.optional().describe('text or object to send; by default the message itself'),
      }),
    )
    .min(1)
    .max(10)
    .describe('what is sent'),
  account: z
    .string()
    .min(1)
    .optional()
    .describe('account whose rules hold for what it hears and sends; by default everything is allowed'),
});

/** The section `automations` of the configuration: what is sent by itself. */
export const automations = namedApart(automation, 200).describe(
  'messages that are sent by themselves when others fulfil an expression; none by default',
);

export type AutomationConfig = z.infer<typeof automation>;

/** Whether a text is a channel or a topic filter with + and # as whole levels, without a password or functions. */
function isFilter(filter: string): boolean {
  return !/[\0:[\]]/.test(filter) && hasWholeWildcards(filter);
}
