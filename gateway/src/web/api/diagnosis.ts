import { z } from 'zod';
import { type Finding, worstFirst } from '../../observability/finding.ts';
import { findingsOf } from '../../observability/problems.ts';
import { factsFor, type OverviewParts } from './overview.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { lazy, type Output, timeMs } from './schema.ts';

/** What was found out about one thing. */
export const finding = lazy(() =>
  z
    .strictObject({
      code: z.string().describe('what was looked at, whatever was found: disk, clock, certificate, ...'),
      level: z
        .enum(['ok', 'warning', 'fault', 'unknown'])
        .describe(
          'warning: somebody should look at it; fault: something does not work, or data is in danger; unknown: it could not be found out',
        ),
      subject: z.string().optional().describe('what of several it is about: a client id, a port, a listener'),
      values: z
        .record(z.string(), z.union([z.string(), z.number()]))
        .describe('the numbers and names in the sentence, for translations'),
      sentence: z.string(),
      advice: z.string().optional().describe('what to do about it; there unless all is well'),
    })
    .meta({ id: 'Finding' }),
);

const diagnosis = lazy(() =>
  z
    .strictObject({
      timeMs: timeMs(),
      findings: z.array(finding()).describe('the worst first, and also what is well'),
    })
    .meta({ id: 'Diagnosis' }),
);
export type Diagnosis = Output<typeof diagnosis>;

export interface DiagnosisParts extends OverviewParts {
  /** What is looked at only when somebody asks: the machine, ports. */
  examine?: (() => Promise<Finding[]>) | undefined;
}

/** What is well and what is not, with what to do about it. */
export function diagnosisRoutes(parts: DiagnosisParts): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/diagnosis',
        summary: 'What is well and what is not with the gateway and its machine, and what to do about it.',
        description: 'The disk is written to for this, a megabyte at most, and not more often than once a minute.',
        needs: 'operate',
        answers: { 200: diagnosis },
      },
      async ({ viewer }) => {
        const [facts, examined = []] = await Promise.all([factsFor(parts, viewer), parts.examine?.()]);
        return { timeMs: parts.context.clock.now(), findings: worstFirst([...findingsOf(facts), ...examined]) };
      },
    ),
  ];
}
