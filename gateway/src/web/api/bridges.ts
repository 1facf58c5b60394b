import { z } from 'zod';
import type { BridgeLink } from '../../observability/bridge-findings.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';

const bridges = lazy(() =>
  z
    .array(
      z.strictObject({
        name: z.string(),
        url: z.string().describe('where the other broker is'),
        isUp: z.boolean(),
        sinceMs: timeMs().describe('since when it is up or down'),
        fault: z.string().nullable().describe('why it is down'),
        kind: z
          .enum(['unreachable', 'refused'])
          .nullable()
          .describe('refused: somebody has to change something, here or there'),
        isCatchingUp: z.boolean().describe('it sends what has waited, at most bridges.catchUpPerS messages a second'),
        waiting: z
          .strictObject({ count: count(), bytes: count(), limitBytes: count() })
          .describe('messages that wait on disk for the other broker'),
        sent: count(),
        received: count(),
        refused: count().describe('messages that the other broker did not take'),
      }),
    )
    .meta({ id: 'Bridges' }),
);
/** How it stands with one bridge, as `GET /api/v1/bridges` answers. */
export type BridgeView = Output<typeof bridges>[number];

/** `GET /api/v1/bridges`. */
export function bridgeRoutes(view: () => readonly BridgeView[]): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/bridges',
        summary: 'How it stands with the bridges to other MQTT brokers, and what waits for them.',
        needs: 'operate',
        answers: { 200: bridges },
      },
      () => [...view()],
    ),
  ];
}

/** What findings are made of. */
export function bridgeLinkOf({ name, url, fault, kind, waiting }: BridgeView): BridgeLink {
  return { name, url, fault, isRefused: kind === 'refused', waiting };
}
