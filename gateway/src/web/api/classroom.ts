import { z } from 'zod';
import { CLASS_MODES, type ClassMode } from '../../access/class-role.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { lazy, type Output, timeMs } from './schema.ts';

const view = lazy(() =>
  z
    .strictObject({
      mode: z
        .enum(CLASS_MODES)
        .nullable()
        .describe('what teams may do; null: there is no class, or somebody has changed its role'),
      teams: z
        .array(
          z.strictObject({
            team: z.string().describe('its account, and what its names begin with'),
            expires: z.string().nullable().describe('a time in ISO 8601; null: never'),
            clients: z.array(z.string()).readonly().describe('ids of those that are online'),
            lastMessageMs: timeMs()
              .nullable()
              .describe(
                'when one of its clients that stay connected sent something last, to 5 seconds; null: not since the gateway started',
              ),
            sharedIds: z
              .array(z.string())
              .readonly()
              .describe('ids that several of its clients want, so that some are refused'),
          }),
        )
        .readonly(),
    })
    .meta({ id: 'Class' }),
);
const modeBody = lazy(() => z.strictObject({ mode: z.enum(CLASS_MODES) }).meta({ id: 'ClassMode' }));
const cleared = lazy(() => z.strictObject({ cleared: z.array(z.string()).readonly() }));

/** How a class is doing, as `GET /api/v1/class` answers. */
export type ClassView = Output<typeof view>;

/** What a teacher does with a class while the gateway runs. */
export interface ClassDesk {
  view(): Promise<ClassView>;
  /** Says what teams may do from now on. Throws a RequestError where there is no class. */
  setMode(mode: ClassMode): Promise<ClassView>;
  /** Removes what is retained on the channels of the teams and on those of all teams; returns which. */
  clear(): Promise<readonly string[]>;
}

/** `/api/v1/class`. */
export function classRoutes(desk: ClassDesk): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/class',
        summary: 'The teams of a class: who is there, and who may be stuck.',
        needs: 'operate',
        answers: { 200: view },
      },
      () => desk.view(),
    ),
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/class/mode',
        summary: 'Says what teams may do: talk within the team (closed), also to all (open), or hear only (frozen).',
        needs: 'operate',
        body: modeBody,
        answers: { 200: view },
      },
      ({ body }) => desk.setMode(body.mode),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/class/retained',
        summary: 'Removes what is retained on the channels of the teams, and on those that all teams share.',
        needs: 'operate',
        answers: { 200: cleared },
      },
      async () => ({ cleared: await desk.clear() }),
    ),
  ];
}
