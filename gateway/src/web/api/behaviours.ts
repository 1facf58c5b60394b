import { z } from 'zod';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output } from './schema.ts';
import type { Viewer } from './viewer.ts';

const KINDS = ['awareness', 'gather', 'leader', 'sync', 'poll', 'consensus', 'spread', 'spatial'] as const;

const behaviour = lazy(() =>
  z
    .strictObject({
      kind: z.enum(KINDS),
      channel: z.string(),
      key: z.string().nullable().describe('what of the channel it is about; null: there is only one of its kind'),
      clients: z.array(z.string()).describe('who has asked for it, at most 100'),
      clientCount: count().describe('how many have asked for it'),
      state: z
        .record(z.string(), z.unknown())
        .describe(
          'what the gateway tells who asks for it now, as docs/behaviours.md says; of a table the first fifty members',
        ),
      memberCount: count().nullable().describe('how many members a table has; null: it is none'),
    })
    .meta({ id: 'Behaviour' }),
);
export type BehaviourView = Output<typeof behaviour>;

const listAnswer = lazy(() =>
  z
    .strictObject({
      behaviours: z.array(behaviour()).describe('in the order in which they were first asked for, at most 200'),
      hasMore: z.boolean(),
    })
    .meta({ id: 'Behaviours' }),
);
export type BehavioursAnswer = Output<typeof listAnswer>;

/** A behaviour that clients watch. */
interface InUse {
  readonly kind: BehaviourView['kind'];
  readonly channel: string;
  readonly key: string | undefined;
  /** The channel that who wants to know of it must have the right to hear. */
  readonly heardBy: string;
  readonly clients: readonly string[];
  /** What somebody is told that begins to watch now, as texts of JSON objects. */
  now(): readonly string[];
}

/** Who knows what clients do together. */
export interface BehaviourDesk {
  list(): readonly InUse[];
}

/** A gateway by which nobody does anything together. */
export const NO_BEHAVIOURS: BehaviourDesk = { list: () => [] };

const MAX_LISTED = 200;
const MAX_CLIENTS = 100;

/** `GET /api/v1/behaviours`. */
export function behaviourRoutes(desk: BehaviourDesk): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/behaviours',
        summary: 'What clients do together by the gateway: who is there, who leads, the beat, polls, roles, places.',
        description: 'Only what clients have asked for and still listen to, on channels that you may hear.',
        needs: 'see',
        answers: { 200: listAnswer },
      },
      ({ viewer }) => {
        const known = desk.list().filter(({ channel, heardBy }) => viewer.hears(heardBy) && viewer.sees(channel));
        const listed = known.slice(0, MAX_LISTED).map((each) => viewOf(each, viewer));
        return { behaviours: listed, hasMore: known.length > MAX_LISTED };
      },
    ),
  ];
}

function viewOf({ kind, channel, key, clients, now }: InUse, viewer: Viewer): BehaviourView {
  const [first = {}, ...more] = now().map((text) => JSON.parse(text) as Record<string, unknown>);
  const { [kind]: _channel, key: _key, all: _all, more: _more, ...state } = first;
  const memberCount = [first, ...more].reduce(
    (sum, { members = {} }) => sum + Object.keys(members as object).length,
    0,
  );
  const seen = clients.filter((client) => viewer.sees(client));
  return {
    ...{ kind, channel, key: key ?? null, state },
    ...{ clients: seen.slice(0, MAX_CLIENTS), clientCount: clients.length },
    memberCount: 'members' in first ? memberCount : null,
  };
}
