import { z } from 'zod';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';

const cluster = lazy(() =>
  z
    .strictObject({
      gateway: z.string().nullable().describe('the name of this gateway in the cluster; null: it is in none'),
      isNameTaken: z.boolean().describe('another gateway of the cluster has the same name'),
      link: z
        .strictObject({
          isUp: z.boolean(),
          server: z.string().nullable().describe('the NATS server that it goes to, or went to last'),
          serverVersion: z.string().nullable(),
          sinceMs: timeMs().describe('since when it is up or down'),
          fault: z.string().nullable().describe('why it is down'),
        })
        .nullable(),
      gateways: z
        .array(
          z.strictObject({
            name: z.string(),
            version: z.string(),
            sinceMs: timeMs().describe('when it started, by its own clock'),
            heardMs: timeMs().describe('when it was heard of last'),
            clients: count().describe('how many clients are online there'),
          }),
        )
        .describe('the others that are there'),
      kept: z
        .strictObject({
          waiting: z.int().describe('how many messages of QoS 1 and 2 wait until the NATS servers have them'),
          waitingBytes: z.int().describe('their bytes on disk'),
          maxBytes: z.int().describe('how many may wait'),
          oldestMs: timeMs().nullable().describe('since when the oldest waits'),
          refused: z.int().describe('how many there was no room for, since the gateway started'),
          fault: z.string().nullable().describe('why the servers keep nothing, though the link is up'),
        })
        .nullable(),
      files: z
        .strictObject({
          takenBytes: count().describe('bytes of files that were read from other gateways, since the gateway started'),
          givenBytes: count().describe('bytes that others read here'),
          copiesBytes: count().describe('bytes of copies on this disk'),
        })
        .nullable(),
      accounts: z
        .strictObject({
          waiting: count().describe('how many changes of accounts and roles the NATS servers do not have yet'),
        })
        .nullable()
        .describe('null: they are not shared'),
      retained: z
        .strictObject({
          waiting: z
            .int()
            .describe('how many retained messages were set or removed here and are not told to the others yet'),
          oldestMs: timeMs().nullable().describe('since when the oldest waits'),
          leftOut: count().describe('how many retained messages of others are not here, as there was no room'),
          fault: z.string().nullable().describe('why the servers do not share them, though the link is up'),
        })
        .nullable(),
      scheduled: z
        .strictObject({
          waiting: z.int().describe('how many scheduled messages wait here for their time'),
          untold: count().describe('how many were scheduled or sent here without the other gateways knowing it yet'),
          takenOver: count().describe(
            'how many were taken over from gateways that are gone, since the gateway started',
          ),
          fault: z.string().nullable().describe('why the servers do not keep them, though the link is up'),
        })
        .nullable(),
    })
    .meta({ id: 'Cluster' }),
);
/** How it stands with the other gateways, as `GET /api/v1/cluster` answers. */
export type ClusterView = Output<typeof cluster>;

const ALONE: ClusterView = {
  ...{ gateway: null, isNameTaken: false, link: null, gateways: [] },
  ...{ kept: null, files: null, retained: null, scheduled: null, accounts: null },
};

/** `GET /api/v1/cluster`. `view` gives undefined where this gateway is in no cluster. */
export function clusterRoutes(view: () => ClusterView | undefined): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/cluster',
        summary: 'Which other gateways are one conversation with this one, and how it stands with the link to them.',
        needs: 'operate',
        answers: { 200: cluster },
      },
      () => view() ?? ALONE,
    ),
  ];
}
