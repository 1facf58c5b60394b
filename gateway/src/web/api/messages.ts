import { z } from 'zod';
import { isJson } from '../../common/json/scan.ts';
import { makeUpId } from '../../common/made-up-ids.ts';
import type { Receipt } from '../../hub/receipt.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';
import { sendMessage } from '../send-message.ts';
import { identifySender } from '../sender.ts';
import { filterFields, sentMessage } from './feed/events.ts';
import { matcherOf } from './feed/wants.ts';
import { shownTo } from './message-view.ts';
import type { RecentMessages } from './recent-messages.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, DEFAULT_LIMIT, lazy, MAX_LIMIT } from './schema.ts';

/** How long a message is retained, at most. */
const RETAIN_MS = 2 * 24 * 3600 * 1000;

const sendBody = lazy(() =>
  z
    .strictObject({
      to: z.string().describe('a channel or a client'),
      kind: z
        .enum(['text', 'json', 'dict'])
        .optional()
        .describe('by default text for a string, dict for an object, json for any other value'),
      body: z
        .union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.unknown()), z.record(z.string(), z.unknown())])
        .describe(
          'the message; of kind json and dict, a string is the JSON text itself, which keeps numbers as they are written',
        ),
      retain: z
        .boolean()
        .optional()
        .describe('keep it for later subscribers, until the next message to the channel, for two days at most'),
      from: z.string().optional().describe('the name it is sent under; by default the account, or a made-up name'),
    })
    .meta({ id: 'SendBody' }),
);
const sendAnswer = lazy(() =>
  z
    .strictObject({
      delivered: count().describe('how many have it in their queue'),
      refused: count().describe('how many did not get it'),
      reason: z.string().nullable().describe('the first reason why; null: everybody got it'),
      sentence: z.string().describe('the same for people'),
    })
    .meta({ id: 'SendAnswer' }),
);

const recentQuery = lazy(() =>
  z.strictObject({
    ...filterFields(),
    limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('how many at most'),
  }),
);
const recentAnswer = lazy(() => z.strictObject({ messages: z.array(sentMessage()) }));

/** Sending, and what was said lately. */
export function messageRoutes(context: SessionContext, recent: RecentMessages): ApiRoute[] {
  const { hub, random } = context;
  return [
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/messages',
        summary: 'Sends a message to a channel or a client, and says who got it.',
        needs: 'see',
        body: sendBody,
        answers: { 200: sendAnswer },
      },
      async ({ body: { to, from, retain, ...said }, viewer, request }) => {
        const { kind, text } = contentOf(said.kind, said.body);
        const isTaken = (id: string): boolean => hub.isTaken(id);
        const sender = from ?? viewer.principal.account ?? makeUpId('http', { random, isTaken });
        const principal = await identifySender(context, { ...request.asker, sender, field: 'from' });
        const receipt = await sendMessage(context, principal, {
          ...{ to, kind, body: text, address: request.ip },
          options: retain ? { retainMs: RETAIN_MS } : undefined,
        });
        const { delivered, refused, reason = null } = receipt;
        return { delivered, refused, reason, sentence: sentenceOf(to, receipt, retain === true) };
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/messages',
        summary: 'What was said lately, the newest last.',
        description:
          'The last 1,000 messages are kept in memory, in 1 MB at most, with the beginnings of long ones; of more than 100 a second only a part.',
        needs: 'see',
        query: recentQuery,
        answers: { 200: recentAnswer },
      },
      ({ query: { limit, ...filter }, viewer }) => {
        const isWanted = matcherOf(filter);
        const found = recent.find(({ view, between }) => isWanted(view) && viewer.reads(view.to, between), limit);
        return { messages: found.map(({ view }) => shownTo(viewer, view)) };
      },
    ),
  ];
}

/** What a body is as a message. Throws PEER_MALFORMED where it is not of that kind. */
function contentOf(
  wanted: 'text' | 'json' | 'dict' | undefined,
  body: unknown,
): { kind: 'text' | 'json' | 'dict'; text: string } {
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
  const kind = wanted ?? (typeof body === 'string' ? 'text' : isObject(body) ? 'dict' : 'json');
  if (kind === 'text') {
    if (typeof body === 'string') return { kind, text: body };
    throw new RequestError('PEER_MALFORMED', 'The body of a message of kind text must be a string.');
  }
  const text = typeof body === 'string' ? body : written(body);
  const value = typeof body === 'string' ? parsed(body) : body;
  // What reads it may not be able to go deeper, as whoever writes JSON by recursion.
  if (!isJson(text)) throw tooDeep();
  if (kind === 'dict' && !isObject(value)) {
    throw new RequestError('PEER_MALFORMED', 'The body of a message of kind dict must be an object.');
  }
  return { kind, text };
}

function written(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
}

function tooDeep(): RequestError {
  return new RequestError('PEER_MALFORMED', 'The body of the message is nested deeper than 64 levels.');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestError('PEER_MALFORMED', 'The body of the message is not JSON; for a text, leave "kind" out.');
  }
}

const REASONS: Partial<Record<NonNullable<Receipt['reason']>, string>> = {
  no_recipient: 'Nobody subscribes to it.',
  not_allowed: 'It is a private channel, and needs its password.',
  too_large: 'It is too large for them.',
  queue_full: 'They read too slowly, and too much waits for them.',
  closed: 'They do not read such messages, or are about to leave.',
  bad_name: 'No client or channel can have this name.',
};

function sentenceOf(to: string, { delivered, refused, reason }: Receipt, isRetained: boolean): string {
  const name = to.includes(':') ? to.slice(0, to.indexOf(':')) : to;
  const kept = isRetained ? ' It is kept for later subscribers.' : '';
  const got = delivered === 0 ? 'Nobody' : delivered === 1 ? 'One client' : `${delivered} clients`;
  const missed = refused === 0 ? '' : ` ${refused === 1 ? 'One did' : `${refused} did`} not.`;
  const why = reason === undefined ? '' : ` ${REASONS[reason] ?? ''}`;
  return `${got} got the message to ${name}.${missed}${why}${kept}`;
}
