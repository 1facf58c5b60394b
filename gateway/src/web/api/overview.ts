import { z } from 'zod';
import type { UploadCounts } from '../../objects/objects.ts';
import type { Finding } from '../../observability/finding.ts';
import { type ClusterLink, type ProblemFacts, problemsOf } from '../../observability/problems.ts';
import type { Vitals } from '../../observability/vitals.ts';
import type { SessionContext } from '../../protocols/context.ts';
import type { QueueBudget } from '../../transports/outbox.ts';
import { type AutomationDesk, stoppedOf } from './automations.ts';
import type { BackupDesk } from './backup.ts';
import { type BridgeView, bridgeLinkOf } from './bridges.ts';
import { channelsFor } from './channels.ts';
import type { ClusterView } from './cluster.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';
import type { Viewer } from './viewer.ts';

export interface OverviewParts {
  context: SessionContext;
  version: string;
  vitals: Vitals;
  budget: QueueBudget;
  /** What listens, by the configuration key of each. */
  listeners(): object | undefined;
  /** How it stands with uploads; undefined where there are none. */
  uploads?: (() => UploadCounts) | undefined;
  /** How it stands with other gateways; undefined: this one is in no cluster. */
  cluster?: (() => ClusterView | undefined) | undefined;
  /** How it stands with other brokers. */
  bridges?: (() => readonly BridgeView[]) | undefined;
  /** What is sent by itself. */
  automations?: AutomationDesk | undefined;
  /** How long certificates for TLS are good; asked at each request. */
  certificateFindings?: (() => readonly Finding[]) | undefined;
  /** What makes backups; undefined: nothing does. */
  backups?: Pick<BackupDesk, 'daily'> | undefined;
}

export const overview = lazy(() =>
  z
    .strictObject({
      version: z.string(),
      nowMs: timeMs(),
      uptimeMs: z.number(),
      isClockTrusted: z.boolean(),
      listeners: z
        .record(z.string(), z.unknown())
        .describe(
          'what listens, by the configuration key of each: an address with its port, or a list of serial ports',
        ),
      clients: z.strictObject({
        online: count(),
        known: count(),
        byProtocol: z.record(z.string(), count()).describe('those that are online'),
      }),
      channelCount: count(),
      counters: z
        .strictObject({
          messages: count(),
          deliveries: count(),
          refusals: z.record(z.string(), count()).describe('by reason: no_recipient, not_allowed, queue_full, ...'),
        })
        .describe('since the start; messages between MQTT clients alone are not among them'),
      rates: z
        .strictObject({ messagesPerS: count(), deliveriesPerS: count() })
        .describe('in the last second, of all protocols'),
      queues: z
        .strictObject({ bytes: count(), limitBytes: count() })
        .describe('what waits for slow readers, and what may'),
      memoryBytes: count(),
      disk: z.strictObject({ freeBytes: count(), totalBytes: count() }).nullable(),
      loopDelayMs: count().describe('how late the gateway comes round to what waits'),
      uploads: z
        .strictObject({
          receiving: count(),
          waiting: count(),
          unheard: count(),
          failed: count(),
          bytes: count(),
          fault: z.string().nullable().describe('why the object store cannot be used now'),
        })
        .optional(),
      links: z
        .array(
          z.strictObject({
            name: z.string().describe('cluster: other gateways; bridge and its name: another broker'),
            peer: z.string().nullable().describe('where it goes to'),
            fault: z.string().nullable().describe('why there is no link; null while there is one'),
          }),
        )
        .describe('to what is beside clients: other gateways and brokers'),
      incidents: z
        .array(
          z.strictObject({
            listener: z.string(),
            code: z.string().describe('a code of docs/errors.md'),
            count: count(),
            lastMs: timeMs(),
          }),
        )
        .describe('what was refused or done wrong, since the start'),
      problems: z
        .array(
          z.strictObject({
            code: z.string(),
            level: z.enum(['warning', 'fault']),
            subject: z.string().optional().describe('what of several it is about'),
            values: z
              .record(z.string(), z.union([z.string(), z.number()]))
              .describe('the numbers and names in the sentence, for translations'),
            sentence: z.string(),
            advice: z.string().describe('what to do about it'),
          }),
        )
        .describe('the worst first'),
    })
    .meta({ id: 'Overview' }),
);
export type Overview = Output<typeof overview>;

/** How the gateway is doing. */
export function overviewRoutes(parts: OverviewParts): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/overview',
        summary:
          'How the gateway is doing: clients, messages a second, what was refused, disk, and what to do about problems.',
        needs: 'see',
        answers: { 200: overview },
      },
      ({ viewer }) => overviewFor(parts, viewer),
    ),
  ];
}

/** The overview that whoever looks may have. */
export async function overviewFor(parts: OverviewParts, viewer: Viewer): Promise<Overview> {
  const { context, version, vitals } = parts;
  const { hub, clock, incidents } = context;
  const facts = await factsFor(parts, viewer);
  const { isClockTrusted, disk, uploads, queues, loopDelayMs } = facts;
  const { online, known } = hub.summary(1);
  return {
    version,
    nowMs: clock.now(),
    uptimeMs: vitals.uptimeMs,
    isClockTrusted,
    listeners: listenersFor(parts.listeners(), viewer),
    clients: { online, known, byProtocol: hub.onlineByProtocol() },
    channelCount: channelsFor(hub, viewer).length,
    counters: hub.counters,
    rates: vitals.rates,
    queues,
    memoryBytes: vitals.memoryBytes,
    disk,
    loopDelayMs,
    uploads,
    links: linksOf(facts),
    incidents: incidents.list(),
    problems: problemsOf(facts),
  };
}

function linksOf({ cluster, bridges = [] }: ProblemFacts): Overview['links'] {
  return [
    ...(cluster ? [{ name: 'cluster', peer: cluster.server, fault: cluster.fault }] : []),
    ...bridges.map(({ name, url, fault }) => ({ name: `bridge ${name}`, peer: url, fault })),
  ];
}

/** What problems are seen by, as far as whoever looks may know of it. */
export async function factsFor(
  {
    context: { clock, incidents },
    vitals,
    budget,
    uploads,
    backups,
    cluster,
    bridges,
    automations,
    certificateFindings,
  }: OverviewParts,
  viewer: Viewer,
): Promise<ProblemFacts & { uploads: UploadCounts | undefined }> {
  return {
    isClockTrusted: clock.isTrusted(),
    disk: await vitals.disk(),
    sharedIds: incidents.sharedIds().filter(({ id }) => viewer.sees(id)),
    uploads: uploads?.(),
    queues: { bytes: budget.usedBytes, limitBytes: budget.limitBytes },
    loopDelayMs: vitals.loopDelayMs,
    storeFault: vitals.storeFault,
    backups: backups?.daily(),
    cluster: clusterLinkOf(cluster?.()),
    bridges: bridges?.().map(bridgeLinkOf),
    automations: automations?.list().flatMap(stoppedOf),
    certificates: certificateFindings?.(),
  };
}

function clusterLinkOf(view: ClusterView | undefined): ClusterLink | undefined {
  if (view === undefined || view.gateway === null || view.link === null) return undefined;
  const { gateway, gateways, isNameTaken, link, kept, retained, scheduled } = view;
  return {
    gateway,
    gateways: gateways.length,
    isNameTaken,
    server: link.server,
    fault: link.fault,
    kept,
    retained,
    scheduled,
  };
}

/** What listens, without the clients at serial ports that whoever looks may not know of. */
function listenersFor(listeners: object | undefined, viewer: Viewer): Record<string, unknown> {
  const isSeen = (port: { id?: unknown }): boolean => typeof port.id !== 'string' || viewer.sees(port.id);
  return Object.fromEntries(
    Object.entries({ ...listeners }).map(([key, state]) => [key, Array.isArray(state) ? state.filter(isSeen) : state]),
  );
}
