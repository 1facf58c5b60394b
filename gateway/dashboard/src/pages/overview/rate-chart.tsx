import type { JSX } from 'preact';
import { rateHistory } from '../../api/overview.ts';
import type { Overview } from '../../api/types.ts';
import { Chart } from '../../charts/chart.tsx';
import type { SeriesData } from '../../charts/series-chart.ts';
import { formatClock, formatRate, formatValue } from '../../language/format.ts';
import { t } from '../../language/language.ts';

/** How much was said in the last minutes, while this page was open. */
export function RateChart({ rates }: { rates: Overview['rates'] }): JSX.Element {
  const points = rateHistory.toArray();
  const data: SeriesData = [
    points.map(({ timeMs }) => timeMs / 1000),
    points.map(({ messagesPerS }) => messagesPerS),
    points.map(({ deliveriesPerS }) => deliveriesPerS),
  ];
  return (
    <>
      <Chart
        data={data}
        text={t.overview.chartText(formatRate(rates.messagesPerS), formatRate(rates.deliveriesPerS))}
        options={{
          height: 190,
          series: [
            { label: t.overview.messages, colour: '--chart-1' },
            { label: t.overview.deliveries, colour: '--chart-2' },
          ],
          formatTime: (seconds) => formatClock(seconds * 1000),
          formatValue,
          isFromZero: true,
        }}
      />
      <p class="hint">{t.overview.chartHint}</p>
    </>
  );
}
