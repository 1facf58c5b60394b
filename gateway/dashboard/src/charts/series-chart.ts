import 'uplot/dist/uPlot.min.css';
import uPlot from 'uplot';

/** One line of a chart. */
export interface Series {
  label: string;
  /** A custom property of the style sheets, such as `--chart-1`. */
  colour: string;
}

/** A point in time for each, in seconds since 1970, and for each line its values there. */
export type SeriesData = [times: number[], ...values: (number | null)[][]];

export interface ChartOptions {
  series: readonly Series[];
  /** Pixels. */
  height: number;
  formatTime: (seconds: number) => string;
  formatValue: (value: number) => string;
  /** Whether the values are amounts, which are read from 0 on. */
  isFromZero?: boolean;
}

/** The shortest time that is shown, so that the first points are not drawn from one edge to the other. */
const LEAST_S = 120;
/** How far the times below a chart may be from each other, in seconds. */
const STEPS_S = [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

/** Lines over time, as wide as the element that they are in. */
export class SeriesChart {
  readonly #plot: uPlot;
  readonly #observer: ResizeObserver;

  constructor(element: HTMLElement, data: SeriesData, options: ChartOptions) {
    const { series, height, formatTime, formatValue, isFromZero = false } = options;
    const styles = getComputedStyle(element);
    const colour = (name: string): string => styles.getPropertyValue(name).trim();
    const font = `12px ${styles.fontFamily}`;
    const axis = {
      stroke: colour('--quiet'),
      font,
      grid: { stroke: colour('--line'), width: 1 },
      ticks: { show: false },
    };
    const settings: uPlot.Options = {
      width: element.clientWidth,
      height,
      // Half of a time stands beside its line.
      padding: [8, 28, 0, 0],
      legend: { show: series.length > 1, live: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: {
        x: { time: true, range: (_, min, max) => [Math.min(min, max - LEAST_S), max] },
        y: { range: (_, min, max) => rangeOf(min, max, isFromZero) },
      },
      axes: [
        { ...axis, size: 30, space: 90, incrs: STEPS_S, values: (_, splits) => splits.map(formatTime) },
        { ...axis, size: (_, shown) => widthOf(shown), values: (_, splits) => splits.map(formatValue) },
      ],
      series: [
        {},
        ...series.map(({ label, colour: name }) => ({
          label,
          stroke: colour(name),
          width: 1.75,
          points: { show: false },
          spanGaps: true,
        })),
      ],
    };
    this.#plot = new uPlot(settings, data, element);
    this.#observer = new ResizeObserver(([entry]) => {
      if (entry) this.#plot.setSize({ width: entry.contentRect.width, height });
    });
    this.#observer.observe(element);
  }

  /** Shows other points. */
  set(data: SeriesData): void {
    this.#plot.setData(data);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#plot.destroy();
  }
}

/** Room for the longest of these values, in pixels. */
function widthOf(shown: readonly string[] | null): number {
  return Math.max(56, 16 + 7 * Math.max(0, ...(shown ?? []).map(({ length }) => length)));
}

/** From 0 on, where all is above it and not far from it: a line at the bottom looks like nothing at all. */
function rangeOf(min: number | null, max: number | null, isFromZero: boolean): [number, number] {
  if (min === null || max === null) return [0, 1];
  if (min >= 0 && (isFromZero || min <= max / 2)) return [0, max === 0 ? 1 : max * 1.1];
  const room = (max - min || Math.abs(max) || 1) * 0.1;
  return [min - room, max + room];
}
