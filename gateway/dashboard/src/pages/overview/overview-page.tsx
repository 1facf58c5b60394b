import type { JSX } from 'preact';
import { overview } from '../../api/overview.ts';
import type { Overview } from '../../api/types.ts';
import { hrefOf } from '../../common/route.ts';
import { useStore } from '../../common/store.ts';
import { Card, Empty, Facts, Notice, Stat } from '../../components/basics.tsx';
import { FindingNotice } from '../../components/finding.tsx';
import { Page } from '../../components/page.tsx';
import { formatBytes, formatCount, formatDuration, formatRate, formatShare } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { Ways } from '../connect/ways.tsx';
import { RateChart } from './rate-chart.tsx';
import { Refused } from './refused.tsx';

/** What runs here, who is connected, and what needs attention. */
export function OverviewPage(): JSX.Element {
  const now = useStore(overview);
  return <Page title={t.pages.overview}>{now ? <Content now={now} /> : <p class="quiet">{t.common.loading}</p>}</Page>;
}

function Content({ now }: { now: Overview }): JSX.Element {
  return (
    <>
      <p class="lead" id="state">
        {t.overview.running(now.version, formatDuration(now.uptimeMs))}
      </p>
      <Problems of={now.problems} />
      <Numbers now={now} />
      <div class="columns halves">
        <Card title={t.overview.chart} isWide>
          <RateChart rates={now.rates} />
        </Card>
        <div class="stack">
          <Card title={t.overview.byProtocol}>
            <ByProtocol counts={now.clients.byProtocol} />
          </Card>
          <Card title={t.overview.refused}>
            <Refused of={now.incidents} />
          </Card>
          {now.uploads && (
            <Card title={t.overview.files}>
              <Files of={now.uploads} />
            </Card>
          )}
        </div>
        <Card title={t.overview.howTo}>
          <Ways />
        </Card>
      </div>
    </>
  );
}

function Problems({ of }: { of: Overview['problems'] }): JSX.Element {
  if (of.length === 0) return <Notice tone="good">{t.overview.well}</Notice>;
  return (
    <section aria-label={t.overview.problems} id="problems">
      {of.map((problem) => (
        <FindingNotice key={problem.code + problem.sentence} of={problem} />
      ))}
    </section>
  );
}

function Numbers({ now }: { now: Overview }): JSX.Element {
  const { clients, rates, disk, counters } = now;
  return (
    <dl class="stats">
      <Stat
        label={t.overview.online}
        value={formatCount(clients.online)}
        hint={t.overview.known(formatCount(clients.known))}
      />
      <Stat label={t.overview.channels} value={formatCount(now.channelCount)} />
      <Stat
        label={t.overview.messages}
        value={formatRate(rates.messagesPerS)}
        hint={t.overview.messagesInAll(formatCount(counters.messages))}
      />
      <Stat label={t.overview.deliveries} value={formatRate(rates.deliveriesPerS)} hint={t.overview.deliveriesHint} />
      <Stat label={t.overview.memory} value={formatBytes(now.memoryBytes)} hint={t.overview.memoryHint} />
      {disk && (
        <Stat
          label={t.overview.disk}
          value={formatBytes(disk.freeBytes)}
          hint={t.overview.diskOf(formatBytes(disk.totalBytes), formatShare(disk.freeBytes / disk.totalBytes))}
        />
      )}
      {now.links.map(({ name, peer, fault }) => (
        <Stat
          key={name}
          label={t.overview.links}
          value={fault === null ? t.overview.linkUp : t.overview.linkDown}
          hint={peer ?? name}
        />
      ))}
      <Stat
        label={t.overview.clock}
        value={now.isClockTrusted ? t.overview.clockTrusted : t.overview.clockUnset}
        hint={t.overview.delay(formatCount(Math.max(1, Math.ceil(now.loopDelayMs))))}
      />
    </dl>
  );
}

function ByProtocol({ counts }: { counts: Record<string, number> }): JSX.Element {
  const rows = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a);
  const most = rows[0]?.[1] ?? 1;
  if (rows.length === 0) return <Empty title={t.overview.nobody} />;
  return (
    <ul class="bars">
      {rows.map(([protocol, count]) => (
        <li key={protocol}>
          <a href={hrefOf('clients', undefined, { protocol })}>{protocol}</a>
          <span class="bar">
            <span style={{ width: `${(100 * count) / most}%` }} />
          </span>
          <span class="number">{formatCount(count)}</span>
        </li>
      ))}
    </ul>
  );
}

function Files({ of }: { of: NonNullable<Overview['uploads']> }): JSX.Element {
  return (
    <>
      {of.fault !== null && (
        <Notice tone="bad" title={t.overview.filesFault}>
          <p>{of.fault}</p>
        </Notice>
      )}
      <Facts
        of={[
          [t.overview.filesReceiving, formatCount(of.receiving)],
          [t.overview.filesWaiting, formatCount(of.waiting)],
          [t.overview.filesUnheard, formatCount(of.unheard)],
          [t.overview.filesFailed, formatCount(of.failed)],
          [t.overview.filesBytes, formatBytes(of.bytes)],
        ]}
      />
    </>
  );
}
