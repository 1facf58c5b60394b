import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { get } from '../../api/client.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Fault } from '../../components/fault.tsx';
import { SearchField } from '../../components/field.tsx';
import { type Column, Table } from '../../components/table.tsx';
import { formatBytes, formatValue } from '../../language/format.ts';
import { t } from '../../language/language.ts';

interface Metric {
  name: string;
  help: string;
  unit?: string;
  samples: { labels: Record<string, string>; value: number }[];
}

interface Row {
  name: string;
  labels: string;
  help: string;
  value: number;
  unit: string | undefined;
}

const RELOAD_MS = 5_000;

/** All that the gateway counts and measures. */
export function Counters(): JSX.Element {
  const load = (): Promise<{ metrics: Metric[] }> => get('/api/v1/counters');
  const { answer, error } = useAnswer('counters', load, RELOAD_MS);
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const rows = (answer?.metrics ?? [])
    .flatMap(rowsOf)
    .filter(({ name, labels, help }) => [name, labels, help].some((text) => text.toLowerCase().includes(wanted)));
  const columns: Column<Row>[] = [
    {
      key: 'name',
      title: t.diagnosis.counter,
      cell: ({ name, help, labels }) => (
        <span title={help} class="counter">
          <code>{name.replace(/^crosscomm_/, '')}</code> <span class="hint">{labels}</span>
        </span>
      ),
      sortBy: ({ name, labels }) => `${name} ${labels}`,
    },
    {
      key: 'value',
      title: t.devices.value,
      cell: ({ value, unit }) => (unit === 'bytes' ? formatBytes(value) : formatValue(value)),
      sortBy: ({ value }) => value,
      isNumber: true,
    },
  ];
  if (error && !error.isUnreachable) return <Fault error={error} />;
  return (
    <>
      <div class="tools">
        <SearchField label={t.diagnosis.search} value={search} onValue={setSearch} />
      </div>
      <Table
        caption={t.diagnosis.counters}
        columns={columns}
        rows={rows}
        keyOf={({ name, labels }) => `${name} ${labels}`}
        initial={{ key: 'name', isDescending: false }}
      />
    </>
  );
}

function rowsOf({ name, help, unit, samples }: Metric): Row[] {
  return samples.map(({ labels, value }) => ({
    ...{ name, help, unit, value },
    labels: Object.entries(labels)
      .map(([label, of]) => `${label}: ${of}`)
      .join(', '),
  }));
}
