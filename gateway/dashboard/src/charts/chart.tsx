import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../common/store.ts';
import { theme } from '../common/theme.ts';
import type { ChartOptions, SeriesChart, SeriesData } from './series-chart.ts';

/**
 * A chart of lines over time. What draws it is loaded when the first one is shown.
 *
 * @param text what it shows, for whoever does not see it
 * @param shape changes where there are other lines
 */
export function Chart({
  data,
  options,
  text,
  shape = '',
}: {
  data: SeriesData;
  options: ChartOptions;
  text: string;
  shape?: string;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<SeriesChart | undefined>(undefined);
  const newest = useRef(data);
  newest.current = data;
  const colours = useStore(theme);
  // It is made anew where its lines or its colours are others.
  useEffect(() => {
    let isOver = false;
    void import('./series-chart.ts').then(({ SeriesChart }) => {
      if (isOver || !place.current) return;
      chart.current = new SeriesChart(place.current, newest.current, options);
    });
    return () => {
      isOver = true;
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, [shape, colours]);
  useEffect(() => chart.current?.set(data), [data]);
  return <div class="chart" ref={place} role="img" aria-label={text} style={{ minHeight: `${options.height}px` }} />;
}
