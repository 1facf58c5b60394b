import { z } from 'zod';
import type { MetricsRegistry } from '../../observability/metrics.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { lazy, type Output } from './schema.ts';

/** What the gateway is told before it starts. */
export interface Settings {
  /** Every key of the configuration, with its value and where that comes from. */
  values: Output<typeof configAnswer>['values'];
  environment: Output<typeof configAnswer>['environment'];
}

const configAnswer = lazy(() =>
  z.strictObject({
    values: z.array(
      z.strictObject({
        key: z.string().describe('as it is written in the file: "http.port"'),
        value: z.unknown().optional().describe('left out where none is set and there is no default'),
        source: z.enum(['default', 'file', 'flag']),
        where: z.string().optional().describe('the file and its line, or the flag'),
        help: z.string().optional(),
      }),
    ),
    environment: z
      .array(z.strictObject({ name: z.string(), isSet: z.boolean() }))
      .describe('variables of the environment that are read; their values may be secret and are left out'),
  }),
);

const countersAnswer = lazy(() =>
  z.strictObject({
    metrics: z.array(
      z.strictObject({
        name: z.string(),
        help: z.string(),
        type: z.enum(['counter', 'gauge', 'histogram']),
        unit: z.enum(['bytes', 'seconds']).optional(),
        samples: z.array(z.strictObject({ labels: z.record(z.string(), z.string()), value: z.number() })),
        buckets: z
          .strictObject({
            bounds: z.array(z.number()).describe('the upper bound of each bucket'),
            counts: z
              .array(z.number())
              .describe('how many lie below each bound and above the one before; the last: above all'),
            sum: z.number(),
          })
          .optional()
          .describe('of a histogram'),
      }),
    ),
  }),
);

export interface SettingsParts {
  /** Made when it is asked for. */
  settings?: (() => Settings) | undefined;
  metrics?: Pick<MetricsRegistry, 'families'> | undefined;
}

/** How the gateway is configured, and what it counts. */
export function settingsRoutes({ settings, metrics }: SettingsParts): ApiRoute[] {
  return [
    ...(settings === undefined ? [] : [configRoute(settings)]),
    ...(metrics === undefined ? [] : [countersRoute(metrics)]),
  ];
}

function configRoute(settings: () => Settings): ApiRoute {
  return apiRoute(
    {
      method: 'GET',
      path: '/api/v1/config',
      summary: 'Every key of the configuration with its value, and where that comes from.',
      needs: 'operate',
      answers: { 200: configAnswer },
    },
    () => settings(),
  );
}

function countersRoute(metrics: Pick<MetricsRegistry, 'families'>): ApiRoute {
  return apiRoute(
    {
      method: 'GET',
      path: '/api/v1/counters',
      summary: 'All that the gateway counts and measures.',
      needs: 'see',
      answers: { 200: countersAnswer },
    },
    () => ({
      metrics: metrics.families().map(({ name, help, type, unit, ...family }) => ({
        ...{ name, help, type, unit, samples: family.samples() },
        buckets: bucketsOf(family.buckets?.()),
      })),
    }),
  );
}

function bucketsOf(buckets: { bounds: readonly number[]; counts: readonly number[]; sum: number } | undefined) {
  return buckets && { bounds: [...buckets.bounds], counts: [...buckets.counts], sum: buckets.sum };
}
