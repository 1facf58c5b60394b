import type { JSX } from 'preact';
import { hrefOf } from '../../common/route.ts';
import { Badge } from '../../components/basics.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatCount, formatRate } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import type { GraphChannel } from './facts.ts';
import { compareNames } from './groups.ts';

/** More names than these are counted. */
const MAX_NAMES = 4;
const LEAST_PER_S = 0.05;

interface TableRow {
  channel: GraphChannel;
  senders: readonly string[];
  listeners: readonly string[];
  perS: number;
}

/** The same as the picture: each channel, who sends there, and who hears it. */
export function GraphTable({ channels }: { channels: readonly GraphChannel[] }): JSX.Element {
  const rows = channels.map((channel): TableRow => {
    const { sends, hearings } = channel;
    const listeners = new Set(hearings.flatMap(({ clients }) => clients));
    return {
      channel,
      senders: sends.map(({ from }) => from).sort(compareNames),
      listeners: [...listeners].sort(compareNames),
      perS: sends.reduce((sum, { perS }) => sum + perS, 0),
    };
  });
  const columns: Column<TableRow>[] = [
    {
      key: 'channel',
      title: t.graph.channel,
      cell: ({ channel: { name, isDirect } }) => (
        <>
          <a class="name" href={hrefOf(isDirect ? 'clients' : 'channels', name)}>
            {name}
          </a>{' '}
          {isDirect && <Badge>{t.graph.direct}</Badge>}
        </>
      ),
      sortBy: ({ channel: { name } }) => name,
    },
    {
      key: 'senders',
      title: t.graph.senders,
      cell: ({ senders }) => <Clients ids={senders} />,
      sortBy: ({ senders }) => senders.length,
    },
    {
      key: 'listeners',
      title: t.graph.listeners,
      cell: ({ senders, listeners }) =>
        listeners.length === 0 && senders.length > 0 ? (
          <Badge tone="warning">{t.graph.unheard}</Badge>
        ) : (
          <Clients ids={listeners} />
        ),
      sortBy: ({ listeners }) => listeners.length,
    },
    {
      key: 'rate',
      title: t.graph.rate,
      cell: ({ perS }) => (perS < LEAST_PER_S ? '' : formatRate(perS)),
      sortBy: ({ perS }) => perS,
      isNumber: true,
      isMinor: true,
    },
  ];
  return (
    <Table
      caption={t.graph.table}
      columns={columns}
      rows={rows}
      keyOf={({ channel: { name, isDirect } }) => `${isDirect}${name}`}
      initial={{ key: 'channel', isDescending: false }}
    />
  );
}

function Clients({ ids }: { ids: readonly string[] }): JSX.Element {
  const more = ids.length - MAX_NAMES;
  return (
    <>
      {ids.slice(0, MAX_NAMES).map((id, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <a href={hrefOf('clients', id)}>{id}</a>
        </span>
      ))}
      {more > 0 && <span class="hint">{` ${t.graph.more(formatCount(more))}`}</span>}
    </>
  );
}
