import { z } from 'zod';
import { OUTCOMES, TRACE_REASONS } from '../../hub/tracer.ts';
import { TRACE_PARTS } from '../../observability/trace/sentence.ts';
import { HubSurroundings } from '../../observability/trace/surroundings.ts';
import type { TraceBook } from '../../observability/trace/trace-book.ts';
import { traceView } from '../../observability/trace/view.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, DEFAULT_LIMIT, lazy, MAX_LIMIT, type Output, timeMs } from './schema.ts';

/** A message, and what became of it. */
export const tracedMessage = lazy(() =>
  z
    .strictObject({
      seq: count().describe('its number; grows with each message'),
      timestampMs: timeMs().describe('when it set out; milliseconds since 1970'),
      from: z.string().describe('the client that sent it; empty where that is not known'),
      to: z.string().describe('a channel or a client; without a password'),
      protocol: z.string().optional().describe('by which its sender came'),
      kind: z
        .string()
        .optional()
        .describe('text, json, dict, bytes, image, file or folder, where somebody had to look'),
      size: count().optional().describe('the characters of a text, the bytes of anything else'),
      isRetained: z.boolean().describe('it is retained for later subscribers as well'),
      delivered: count().describe('how many have it, or will'),
      isFailed: z.boolean().describe('somebody did not get it that should have, or nobody is there to get it'),
      reason: z.enum(TRACE_REASONS).optional().describe('why nobody got it, or not everybody'),
      recipients: z
        .array(z.strictObject({ id: z.string(), outcome: z.enum(OUTCOMES) }))
        .describe('at most 32 of them, those who got it first'),
      outcomes: z.partialRecord(z.enum(OUTCOMES), count()).describe('how many recipients there are of each outcome'),
      sentence: z.string().describe('what became of it, for people'),
      parts: z
        .array(
          z.strictObject({
            code: z.enum(TRACE_PARTS),
            names: z.array(z.string()).readonly().describe('the clients in it, three at most'),
            count: count().describe('how many clients there are'),
            values: z.record(z.string(), z.union([z.string(), z.number()])).readonly(),
          }),
        )
        .describe('what each part of the sentence says, for translations'),
    })
    .meta({ id: 'TracedMessage' }),
);

const query = lazy(() =>
  z.strictObject({
    about: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe('a client, a channel or a topic filter; without it, every message'),
    after: z.coerce.number().int().min(0).optional().describe('only messages after the one of this number'),
    limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('the newest so many'),
  }),
);

const answer = lazy(() =>
  z.strictObject({
    messages: z.array(tracedMessage()).describe('oldest first'),
    leftOut: count().describe('how many messages since sinceMs were not written down, as there were too many at once'),
    sinceMs: timeMs().describe('from when on all others were written down; milliseconds since 1970'),
    last: count().describe('the number of the newest message of all, for "after"'),
  }),
);
export type TraceAnswer = Output<typeof answer>;

/** What became of the last messages. */
export function traceRoutes({ context, trace }: { context: SessionContext; trace: TraceBook }): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/trace',
        summary: 'What became of the last messages that a client sent or that were for it, or for a channel.',
        description: 'Who got each, who did not, and why. The content of messages is not among it.',
        needs: 'operate',
        query,
        answers: { 200: answer },
      },
      ({ query: question }) => {
        const { entries, ...rest } = trace.find(question);
        const around = new HubSurroundings(context.hub);
        return { messages: entries.map((entry) => traceView(entry, around)), ...rest };
      },
    ),
  ];
}
