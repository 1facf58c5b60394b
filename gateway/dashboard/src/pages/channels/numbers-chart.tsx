import type { JSX } from 'preact';
import { Chart } from '../../charts/chart.tsx';
import type { SeriesData } from '../../charts/series-chart.ts';
import { formatClock, formatValue } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import type { ChannelHistory } from './channel-history.ts';

const COLOURS = ['--chart-1', '--chart-2', '--chart-3', '--chart-4'] as const;

/**
 * The numbers of a channel over time.
 *
 * @param only the field that is shown; undefined: all
 */
export function NumbersChart({
  history,
  only,
  height = 200,
  hasHint = true,
}: {
  history: ChannelHistory;
  only?: string | undefined;
  height?: number;
  hasHint?: boolean;
}): JSX.Element {
  const [times, ...lines] = history.data;
  const wanted = history.fields
    .map((field, index) => ({ field, line: lines[index] ?? [] }))
    .filter(({ field }) => only === undefined || field === only);
  const fields = wanted.map(({ field }) => field);
  const data: SeriesData = [times, ...wanted.map(({ line }) => line)];
  const names = fields.map((field) => (field === '' ? t.channels.value : field));
  const newest = names.map((name, index) => `${name} ${formatNewest(data[index + 1] ?? [])}`).join(', ');
  return (
    <>
      <Chart
        data={data}
        shape={JSON.stringify(names)}
        text={t.channels.chartText(newest)}
        options={{
          height,
          series: names.map((label, index) => ({ label, colour: COLOURS[index % COLOURS.length] ?? COLOURS[0] })),
          formatTime: (seconds) => formatClock(seconds * 1000),
          formatValue,
        }}
      />
      {hasHint && <p class="hint">{t.channels.chartHint}</p>}
    </>
  );
}

function formatNewest(values: readonly (number | null)[]): string {
  const newest = values.findLast((value) => value !== null);
  return newest == null ? '' : formatValue(newest);
}
