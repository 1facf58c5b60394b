import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../language/language.ts';
import { IconButton } from './basics.tsx';
import { Icon } from './icon.tsx';
import { sortRows } from './sort.ts';

export interface Column<Row> {
  key: string;
  title: string;
  cell: (row: Row) => ComponentChildren;
  /** What the rows are sorted by; left out where that makes no sense. Undefined sorts last. */
  sortBy?: (row: Row) => string | number | undefined;
  isNumber?: boolean;
  /** Left out on a narrow screen. */
  isMinor?: boolean;
}

export interface Sorting {
  key: string;
  isDescending: boolean;
}

/** More rows than this are a page of their own: a table of thousands would be slow and nobody reads it. */
const ROWS_PER_PAGE = 100;

/**
 * A table that can be sorted by its columns; the first one says what each row is.
 *
 * @param caption what it shows, for screen readers
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  initial,
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  initial: Sorting;
}): JSX.Element {
  const [sorting, setSorting] = useState(initial);
  const [page, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(rows.length / ROWS_PER_PAGE));
  useEffect(() => {
    if (page >= pages) setPage(pages - 1);
  }, [page, pages]);
  const sortBy = columns.find(({ key }) => key === sorting.key)?.sortBy;
  const sorted = sortBy ? sortRows(rows, sortBy, sorting.isDescending) : rows;
  const shown = sorted.slice(page * ROWS_PER_PAGE, (page + 1) * ROWS_PER_PAGE);
  const sort = ({ key, isNumber = false }: Column<Row>): void => {
    // The largest number first, as that is what is looked for.
    setSorting((now) => ({ key, isDescending: now.key === key ? !now.isDescending : isNumber }));
    setPage(0);
  };
  return (
    <>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Heading key={column.key} column={column} sorting={sorting} onSort={() => sort(column)} />
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.key} scope="row">
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {pages > 1 && (
        <nav class="pager" aria-label={t.table.pages}>
          <IconButton icon="left" label={t.table.before} disabled={page === 0} onClick={() => setPage(page - 1)} />
          <span role="status">{t.table.pageOf(page + 1, pages)}</span>
          <IconButton
            icon="right"
            label={t.table.next}
            disabled={page >= pages - 1}
            onClick={() => setPage(page + 1)}
          />
        </nav>
      )}
    </>
  );
}

function Heading<Row>({
  column,
  sorting,
  onSort,
}: {
  column: Column<Row>;
  sorting: Sorting;
  onSort: () => void;
}): JSX.Element {
  const isSorted = sorting.key === column.key;
  const order = sorting.isDescending ? 'descending' : 'ascending';
  return (
    <th scope="col" class={classOf(column)} aria-sort={isSorted ? order : 'none'}>
      {column.sortBy ? (
        <button type="button" class="sort" onClick={onSort}>
          {column.title}
          {isSorted && <Icon name={sorting.isDescending ? 'down' : 'up'} />}
        </button>
      ) : (
        column.title
      )}
    </th>
  );
}

function classOf<Row>({ isNumber = false, isMinor = false }: Column<Row>): string {
  return [isNumber ? 'number' : '', isMinor ? 'minor' : ''].filter(Boolean).join(' ');
}
