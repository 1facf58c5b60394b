import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { overview } from '../../api/overview.ts';
import { useGatewayNow } from '../../common/gateway-clock.ts';
import type { PageProps } from '../../common/route.ts';
import { hrefOf } from '../../common/route.ts';
import { useStore } from '../../common/store.ts';
import { Badge, Empty, Notice } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { Choice, SearchField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatBytes, formatCount, formatDuration, formatRate } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { accountOf } from './account.tsx';
import { type ClientRow, isFound } from './client-list.ts';
import { ClientPage } from './client-page.tsx';
import { useClients } from './use-clients.ts';

/** All clients; with a name, that one. */
export function ClientsPage({ name, query }: PageProps): JSX.Element {
  if (name !== undefined) return <ClientPage key={name} id={name} />;
  const { protocol = '' } = query;
  return <ClientTable key={protocol} protocol={protocol} />;
}

const SEARCH_DELAY_MS = 300;

function ClientTable({ protocol: initial }: { protocol: string }): JSX.Element {
  const [search, setSearch] = useState('');
  const [asked, setAsked] = useState('');
  const [protocol, setProtocol] = useState(initial);
  const [isOnlineOnly, setOnlineOnly] = useState(true);
  const { rows, isCut, error } = useClients({ protocol, isOnlineOnly, search: asked });
  // Where the page has them all it looks itself; else the gateway has to, but not at each letter.
  useEffect(() => {
    if (!isCut && asked === '') return undefined;
    const timer = setTimeout(() => setAsked(search), SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [search, isCut, asked]);
  const known = Object.keys(useStore(overview)?.clients.byProtocol ?? {});
  const protocols = [...new Set([...known, ...(protocol === '' ? [] : [protocol])])].sort();
  const here = (rows ?? []).filter(({ online }) => online || !isOnlineOnly);
  const found = here.filter((row) => isFound(row, search));
  return (
    <Page title={t.pages.clients}>
      <div class="tools">
        <SearchField label={t.clients.search} value={search} onValue={setSearch} />
        <Choice
          label={t.clients.protocol}
          value={protocol}
          of={[['', t.clients.allProtocols], ...protocols.map((each) => [each, each] as const)]}
          onValue={setProtocol}
        />
        <Choice
          label={t.clients.who}
          value={isOnlineOnly ? 'online' : 'all'}
          of={[
            ['online', t.clients.onlineOnly],
            ['all', t.clients.everybody],
          ]}
          onValue={(value) => setOnlineOnly(value === 'online')}
        />
        <span class="quiet" role="status">
          {rows && t.clients.count(formatCount(found.length), formatCount(here.length))}
        </span>
      </div>
      {error && <Fault error={error} />}
      {isCut && <Notice tone="info">{t.clients.more}</Notice>}
      {!rows && !error && <p class="quiet">{t.common.loading}</p>}
      {rows && found.length === 0 && (
        <Empty title={here.length === 0 && search === '' ? t.clients.nobody : t.clients.noneFound}>
          {here.length === 0 && <a href={hrefOf('connect')}>{t.overview.howTo}</a>}
        </Empty>
      )}
      {found.length > 0 && (
        <div class="card flush">
          <Rows rows={found} />
        </div>
      )}
    </Page>
  );
}

function Rows({ rows }: { rows: ClientRow[] }): JSX.Element {
  const now = useGatewayNow();
  const hasPeers = rows.some(({ peer }) => peer !== undefined);
  const columns: Column<ClientRow>[] = [
    {
      key: 'id',
      title: t.clients.id,
      cell: ({ id, online, gateway }) => (
        <span class="labelled">
          <span class={online ? 'dot good' : 'dot'} aria-hidden="true" />
          <a class="name" href={hrefOf('clients', id)}>
            {id}
          </a>
          {!online && <span class="unseen">{t.clients.offline}</span>}
          {gateway !== undefined && <span class="quiet">{t.clients.at(gateway)}</span>}
        </span>
      ),
      sortBy: ({ id }) => id,
    },
    {
      key: 'protocol',
      title: t.clients.protocol,
      cell: ({ protocol }) => <Badge>{protocol}</Badge>,
      sortBy: ({ protocol }) => protocol,
    },
    { key: 'account', title: t.clients.account, cell: accountOf, sortBy: ({ account }) => account, isMinor: true },
    ...(hasPeers ? [{ key: 'peer', title: t.clients.address, cell: addressOf, sortBy: peerOf, isMinor: true }] : []),
    {
      key: 'since',
      title: t.clients.since,
      cell: ({ online, sinceMs }) => (online ? formatDuration(now - sinceMs) : ''),
      sortBy: ({ online, sinceMs }) => (online ? -sinceMs : undefined),
      isNumber: true,
    },
    {
      key: 'seen',
      title: t.clients.lastSeen,
      cell: ({ lastSeenMs }) => t.overview.ago(formatDuration(now - lastSeenMs)),
      sortBy: ({ lastSeenMs }) => -lastSeenMs,
      isNumber: true,
      isMinor: true,
    },
    {
      key: 'in',
      title: t.clients.received,
      cell: ({ receivedPerS }) => rateText(receivedPerS),
      sortBy: ({ receivedPerS }) => receivedPerS,
      isNumber: true,
      isMinor: true,
    },
    {
      key: 'out',
      title: t.clients.sent,
      cell: ({ sentPerS }) => rateText(sentPerS),
      sortBy: ({ sentPerS }) => sentPerS,
      isNumber: true,
      isMinor: true,
    },
    {
      key: 'waiting',
      title: t.clients.waiting,
      cell: ({ waitingBytes = 0 }) => (waitingBytes === 0 ? '' : formatBytes(waitingBytes)),
      sortBy: ({ waitingBytes = 0 }) => waitingBytes,
      isNumber: true,
      isMinor: true,
    },
    {
      key: 'lost',
      title: t.clients.lost,
      cell: ({ lost = 0 }) => (lost === 0 ? '' : formatCount(lost)),
      sortBy: ({ lost = 0 }) => lost,
      isNumber: true,
      isMinor: true,
    },
  ];
  return (
    <Table
      caption={t.pages.clients}
      columns={columns}
      rows={rows}
      keyOf={({ id }) => id}
      initial={{ key: 'id', isDescending: false }}
    />
  );
}

function addressOf({ peer }: ClientRow): JSX.Element {
  return <span class="address">{peer}</span>;
}

function peerOf({ peer }: ClientRow): string | undefined {
  return peer;
}

function rateText(perS: number): string {
  return perS === 0 ? '' : formatRate(perS);
}
