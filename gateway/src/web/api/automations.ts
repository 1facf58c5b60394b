import { z } from 'zod';
import type { StoppedAutomation } from '../../observability/automation-findings.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';

const automationView = lazy(() =>
  z
    .strictObject({
      name: z.string(),
      when: z.string().describe('channel or topic filter of the messages that it looks at'),
      if: z.string().nullable().describe('what a message must fulfil; null: each does'),
      sendsTo: z.array(z.string()).describe('channels that it sends to, as the configuration has them'),
      account: z.string().nullable().describe('whose rules hold for it; null: everything is allowed'),
      fired: count().describe('how often it has sent since the gateway started'),
      heldBack: count().describe('how often it would have sent, but rested or had sent too often'),
      failed: count().describe('how often it could not send'),
      lastFiredMs: timeMs().nullable().describe('when it sent last'),
      loop: z.array(z.string()).nullable().describe('by which way it set itself off, for which it is stopped'),
      source: z
        .enum(['configuration', 'dashboard'])
        .describe('where it was written; only those of the dashboard can be changed here'),
      automation: z.record(z.string(), z.unknown()).describe('the whole of it, as the configuration has it'),
    })
    .meta({ id: 'Automation' }),
);

const automations = lazy(() => z.array(automationView()).meta({ id: 'Automations' }));

/** How it stands with one automation, as `GET /api/v1/automations` answers. */
export type AutomationView = Output<typeof automationView>;

const dryRunBody = lazy(() =>
  z
    .strictObject({
      automations: z
        .array(z.unknown())
        .min(1)
        .max(MAX_TRIED)
        .optional()
        .describe('as the section automations of the configuration has them; left out: those of the configuration'),
    })
    .meta({ id: 'DryRunBody' }),
);

const putBody = lazy(() =>
  z
    .strictObject({
      automation: z
        .record(z.string(), z.unknown())
        .describe('as the section automations of the configuration has it; its name is that of the address'),
    })
    .meta({ id: 'AutomationBody' }),
);

const dryRunAnswer = lazy(() =>
  z
    .strictObject({
      untilMs: timeMs(),
      messages: count().describe('how many messages were looked at'),
      firings: z
        .array(
          z.strictObject({
            atMs: timeMs(),
            automation: z.string(),
            channel: z.string(),
            body: z.string().describe('the first 500 characters'),
          }),
        )
        .readonly()
        .describe('what would have been sent, the first 500, in the order of time'),
      hasMore: z.boolean(),
      automations: z
        .array(
          z.strictObject({
            name: z.string(),
            heardSinceMs: timeMs().describe('since when all that it looks at was heard; at most an hour ago'),
            fired: count().describe('how often it would have sent'),
            heldBack: count().describe('how often it would have sent, but rested or had sent too often'),
            failed: count().describe('how often it could not have sent'),
            loop: z.array(z.string()).nullable().describe('by which way it would have set itself off'),
            faults: z.array(z.string()).readonly().describe('why it could not have sent, at most five reasons'),
          }),
        )
        .readonly(),
    })
    .meta({ id: 'DryRun' }),
);
export type DryRunAnswer = Output<typeof dryRunAnswer>;

/** How many automations may be tried at once, as many as there may be. */
const MAX_TRIED = 200;

/** Who knows the automations. */
export interface AutomationDesk {
  list(): readonly AutomationView[];
  /**
   * What these would have sent for what was said within the last hour; undefined: those of the configuration. Throws a RequestError where one of
   * them is none.
   */
  tryOut(automations: readonly unknown[] | undefined): Promise<DryRunAnswer>;
  /** Makes one, or replaces one that people made; it is on disk then. Throws a RequestError. */
  put(name: string, automation: unknown): Promise<AutomationView>;
  /** Removes one that people made. Throws a RequestError. */
  remove(name: string): Promise<void>;
}

/** `GET /api/v1/automations` and `POST /api/v1/automations/dry-run`. */
export function automationRoutes(desk: AutomationDesk): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/automations',
        summary: 'What the gateway sends by itself when messages fulfil an expression, and what came of it.',
        needs: 'operate',
        answers: { 200: automations },
      },
      () => [...desk.list()],
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/automations/dry-run',
        summary: 'What automations would have sent for the messages of the last hour. Nothing is sent.',
        description:
          'The gateway remembers in memory what was said on what automations look at, for an hour, within a quarter of limits.maxAutomationBytes. What nobody has asked for so far is remembered from then on.',
        needs: 'operate',
        body: dryRunBody,
        answers: { 200: dryRunAnswer },
      },
      ({ body }) => desk.tryOut(body.automations),
    ),
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/automations/:name',
        summary: 'Makes an automation, or replaces one that was made so; it works at once.',
        needs: 'operate',
        params: { name: 'the name, as in the configuration' },
        body: putBody,
        answers: { 200: automationView },
      },
      ({ params: { name }, body }) => desk.put(name, body.automation),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/automations/:name',
        summary: 'Removes an automation that was made by PUT.',
        needs: 'operate',
        params: { name: 'the name' },
        answers: { 204: undefined },
      },
      ({ params: { name } }) => desk.remove(name),
    ),
  ];
}

/** What findings are made of. */
export function stoppedOf({ name, loop }: AutomationView): StoppedAutomation[] {
  return loop === null ? [] : [{ name, way: loop }];
}
