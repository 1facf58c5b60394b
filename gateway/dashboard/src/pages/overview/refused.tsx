import type { JSX } from 'preact';
import type { Overview } from '../../api/types.ts';
import { useGatewayNow } from '../../common/gateway-clock.ts';
import { Empty } from '../../components/basics.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatCount, formatDuration } from '../../language/format.ts';
import { t } from '../../language/language.ts';

type Incident = Overview['incidents'][number];

/** What the gateway refused, how often, and when last. */
export function Refused({ of }: { of: Incident[] }): JSX.Element {
  const now = useGatewayNow();
  if (of.length === 0) return <Empty title={t.overview.nothingRefused} />;
  const columns: Column<Incident>[] = [
    {
      key: 'what',
      title: t.overview.refusedWhat,
      cell: ({ code }) => <span title={code}>{t.codes[code] ?? code}</span>,
      sortBy: ({ code }) => code,
    },
    {
      key: 'where',
      title: t.overview.refusedWhere,
      cell: ({ listener }) => listener,
      sortBy: ({ listener }) => listener,
    },
    {
      key: 'count',
      title: t.overview.refusedCount,
      cell: ({ count }) => formatCount(count),
      sortBy: ({ count }) => count,
      isNumber: true,
    },
    {
      key: 'last',
      title: t.overview.refusedLast,
      cell: ({ lastMs }) => t.overview.ago(formatDuration(now - lastMs)),
      sortBy: ({ lastMs }) => lastMs,
      isNumber: true,
      isMinor: true,
    },
  ];
  return (
    <Table
      caption={t.overview.refused}
      columns={columns}
      rows={of}
      keyOf={({ listener, code }) => `${listener} ${code}`}
      initial={{ key: 'count', isDescending: true }}
    />
  );
}
