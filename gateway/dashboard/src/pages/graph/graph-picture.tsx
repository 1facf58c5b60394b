import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useStore } from '../../common/store.ts';
import { theme } from '../../common/theme.ts';
import { formatCount, formatRate } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { FlowDots } from './flow-dots.ts';
import { linksOf, type Picture } from './picture.ts';
import { COLUMNS, type Column, type Link, type Row } from './rows.ts';
import { useMedia } from './use-media.ts';

/** How high a row is, in pixels; on a narrow screen it has two lines. */
const ROW = 30;
const ROW_NARROW = 46;
/** How much of the width the links have between two columns. */
const GAP = 0.17;
const GAP_NARROW = 0.11;
/** Less is shown as nothing. */
const LEAST_PER_S = 0.05;

/** Where a link begins and ends, in pixels; its middle third is level at neither end. */
interface Curve {
  link: Link;
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

/** Three columns, and what flows between them. */
export function GraphPicture({
  picture,
  chosen,
  onChoose,
  isPaused,
  isNarrow,
}: {
  picture: Picture;
  chosen: string | undefined;
  onChoose: (key: string) => void;
  isPaused: boolean;
  isNarrow: boolean;
}): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [pointed, setPointed] = useState<string>();
  useEffect(() => {
    if (!place.current) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  const rowHeight = isNarrow ? ROW_NARROW : ROW;
  const gap = width * (isNarrow ? GAP_NARROW : GAP);
  const columnWidth = (width - 2 * gap) / 3;
  const height = picture.height * rowHeight;
  const curves = useMemo(() => {
    const middle = (row: Row): number => (row.at + 0.5) * rowHeight;
    return picture.links.map((link): Curve => {
      const left = columnWidth + (link.from.column === 'senders' ? 0 : columnWidth + gap);
      return { link, x1: left, y1: middle(link.from), x2: left + gap, y2: middle(link.to) };
    });
  }, [picture, columnWidth, gap, rowHeight]);
  const marked = pointed ?? chosen;
  const lit = useMemo(() => (marked === undefined ? undefined : linksOf(picture, marked)), [picture, marked]);
  const litRows = new Set(picture.links.flatMap(({ key, from, to }) => (lit?.has(key) ? [from.key, to.key] : [])));
  return (
    <section class="card graph" aria-label={t.graph.picture}>
      <div class="graph-columns" aria-hidden="true">
        {COLUMNS.map((column) => (
          <span key={column}>{titleOf(column)}</span>
        ))}
      </div>
      <div class="graph-place" ref={place} style={{ height: `${height}px` }}>
        {width > 0 && (
          <>
            <svg width={width} height={height} aria-hidden="true">
              {curves.map(({ link, ...ends }) => (
                <path key={link.key} class={classOf(link, lit)} d={pathOf(ends)} stroke-width={widthOf(link.perS)} />
              ))}
            </svg>
            <Dots curves={curves} width={width} height={height} isPaused={isPaused} lit={lit} />
            {COLUMNS.map((column, index) => (
              <ul
                key={column}
                aria-label={titleOf(column)}
                style={{ insetInlineStart: `${index * (columnWidth + gap)}px`, width: `${columnWidth}px` }}
              >
                {inOrder(picture.rows, column).map((row) => (
                  <li key={row.key} style={{ top: `${row.at * rowHeight}px`, height: `${rowHeight}px` }}>
                    <Knot
                      row={row}
                      isChosen={row.key === chosen}
                      isDim={lit !== undefined && row.key !== marked && !litRows.has(row.key)}
                      onChoose={() => onChoose(row.key)}
                      onPoint={(isPointed) => setPointed(isPointed ? row.key : undefined)}
                    />
                  </li>
                ))}
              </ul>
            ))}
          </>
        )}
      </div>
    </section>
  );
}

function titleOf(column: Column): string {
  return column === 'channels' ? t.pages.channels : t.graph[column];
}

function inOrder(rows: readonly Row[], column: Column): Row[] {
  return rows.filter((row) => row.column === column).sort((one, other) => one.at - other.at);
}

function Knot({
  row,
  isChosen,
  isDim,
  onChoose,
  onPoint,
}: {
  row: Row;
  isChosen: boolean;
  isDim: boolean;
  onChoose: () => void;
  onPoint: (isPointed: boolean) => void;
}): JSX.Element {
  const { column, group, perS, isUnheard, isDirect } = row;
  const count = group.names.length;
  const classes = ['knot', column, isDim && 'dim', isUnheard && 'unheard', isDirect && 'direct', perS > 0 && 'moves'];
  return (
    <button
      type="button"
      class={classes.filter(Boolean).join(' ')}
      aria-pressed={isChosen}
      title={group.label}
      onClick={onChoose}
      onPointerEnter={({ pointerType }) => pointerType === 'mouse' && onPoint(true)}
      onPointerLeave={() => onPoint(false)}
    >
      <span class="label">{group.label}</span>
      {count > 1 && <span class="badge plain">{formatCount(count)}</span>}
      {isUnheard && <span class="unseen">{t.graph.unheard}</span>}
      {isDirect && <span class="unseen">{t.graph.direct}</span>}
      {perS >= LEAST_PER_S && <span class="rate">{`${formatRate(perS)}/s`}</span>}
    </button>
  );
}

function classOf({ from, to, perS }: Link, lit: ReadonlySet<string> | undefined): string {
  const key = `${from.key}\n\n${to.key}`;
  const part = from.column === 'senders' ? 'sends' : 'hears';
  const light = lit === undefined ? '' : lit.has(key) ? 'lit' : 'dim';
  return [part, perS >= LEAST_PER_S && 'moves', light].filter(Boolean).join(' ');
}

/** A thousand times as much is not a thousand times as wide. */
function widthOf(perS: number): number {
  return perS < LEAST_PER_S ? 1 : Math.min(9, 1.5 + Math.log2(1 + perS) * 0.8);
}

function pathOf({ x1, y1, x2, y2 }: Omit<Curve, 'link'>): string {
  const middle = (x1 + x2) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
}

/** What moves along the links, for those who want to see things move. */
function Dots({
  curves,
  width,
  height,
  isPaused,
  lit,
}: {
  curves: readonly Curve[];
  width: number;
  height: number;
  isPaused: boolean;
  lit: ReadonlySet<string> | undefined;
}): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null);
  const dots = useRef<FlowDots>(undefined);
  const isStill = useMedia('(prefers-reduced-motion: reduce)');
  const colours = useStore(theme);
  useEffect(() => {
    if (isStill || isPaused || !canvas.current) return undefined;
    const made = new FlowDots(canvas.current, width, height);
    dots.current = made;
    return () => {
      dots.current = undefined;
      made.stop();
    };
  }, [isStill, isPaused, width, height, colours]);
  useEffect(() => {
    dots.current?.show(
      curves
        .filter(({ link }) => link.perS >= LEAST_PER_S && (lit?.has(link.key) ?? true))
        .map(({ link, ...ends }) => ({ ...ends, perS: link.perS, isSent: link.from.column === 'senders' })),
    );
  });
  return <canvas ref={canvas} />;
}
