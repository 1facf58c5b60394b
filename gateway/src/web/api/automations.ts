import { z } from 'zod';
import type { StoppedAutomation } from '../../observability/automation-findings.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';

const automations = lazy(() =>
  z
    .array(
      z.strictObject({
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
      }),
    )
    .meta({ id: 'Automations' }),
);

/** How it stands with one automation, as `GET /api/v1/automations` answers. */
export type AutomationView = Output<typeof automations>[number];

/** Who knows the automations. */
export interface AutomationDesk {
  list(): readonly AutomationView[];
}

/** A gateway that sends nothing by itself. */
export const NO_AUTOMATIONS: AutomationDesk = { list: () => [] };

/** `GET /api/v1/automations`. */
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
  ];
}

/** What findings are made of. */
export function stoppedOf({ name, loop }: AutomationView): StoppedAutomation[] {
  return loop === null ? [] : [{ name, way: loop }];
}
