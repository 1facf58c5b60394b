import { COLUMNS, type Link, type Row } from './rows.ts';

/** How often each column is put in the order of its neighbours. */
const SWEEPS = 6;

/**
 * Places the rows of each column so that few links cross and most are level: each stands near those that it has to do with. The same rows and
 * links are always placed alike.
 *
 * @returns how high the picture is, in rows
 */
export function placeRows(rows: readonly Row[], links: readonly Link[]): number {
  const columns = COLUMNS.map((column) => rows.filter((row) => row.column === column));
  const [senders = [], channels = [], listeners = []] = columns;
  const neighbours = new Map<Row, Row[]>(rows.map((row) => [row, []]));
  for (const { from, to } of links) {
    neighbours.get(from)?.push(to);
    neighbours.get(to)?.push(from);
  }
  const meanOf = (row: Row): number => {
    const near = neighbours.get(row) ?? [];
    return near.length === 0 ? row.at : near.reduce((sum, { at }) => sum + at, 0) / near.length;
  };
  const order = (column: Row[]): void => {
    const means = new Map(column.map((row) => [row, meanOf(row)]));
    column.sort((one, other) => (means.get(one) ?? 0) - (means.get(other) ?? 0));
    number(column);
  };
  for (const column of columns) number(column);
  for (let sweep = 0; sweep < SWEEPS; sweep++) for (const column of [senders, listeners, channels]) order(column);
  const height = Math.max(1, ...columns.map(({ length }) => length));
  // The longest column is as close as can be, and the others stand beside it.
  const longest = columns.find(({ length }) => length === height) ?? channels;
  const others = longest === channels ? [senders, listeners] : [channels, senders, listeners];
  for (let sweep = 0; sweep < 2; sweep++) {
    for (const column of others) if (column !== longest) spread(column, column.map(meanOf), height);
  }
  return height;
}

function number(column: readonly Row[]): void {
  for (const [index, row] of column.entries()) row.at = index;
}

/** Rows that stand close to each other, as they would all like to be in the same place. */
interface Block {
  first: number;
  count: number;
  /** The sum of where each would like the first one to be. */
  sum: number;
}

/** Places rows in their order where they would like to be, as far as they have room. */
function spread(column: readonly Row[], wishes: readonly number[], height: number): void {
  const topOf = ({ count, sum }: Block): number => Math.min(Math.max(0, sum / count), height - count);
  const blocks: Block[] = [];
  for (const [index, wish] of wishes.entries()) {
    let block: Block = { first: index, count: 1, sum: wish };
    for (;;) {
      const above = blocks.at(-1);
      if (!above || topOf(above) + above.count <= topOf(block)) break;
      blocks.pop();
      block = {
        first: above.first,
        count: above.count + block.count,
        sum: above.sum + block.sum - above.count * block.count,
      };
    }
    blocks.push(block);
  }
  for (const block of blocks) {
    const top = topOf(block);
    for (let index = 0; index < block.count; index++) {
      const row = column[block.first + index];
      if (row) row.at = top + index;
    }
  }
}
