import type { NameGroup } from './groups.ts';

export type Column = 'senders' | 'channels' | 'listeners';
export const COLUMNS: readonly Column[] = ['senders', 'channels', 'listeners'];

/** A client, a channel or a group of them, where it stands in the picture. */
export interface Row {
  /** Other than that of any other row. */
  key: string;
  column: Column;
  group: NameGroup;
  /** Of senders and channels messages a second; of listeners what they get. */
  perS: number;
  /** Something is said there, and nobody gets it. */
  isUnheard: boolean;
  /** Clients that are sent to alone, and no channel. */
  isDirect: boolean;
  /** How far below the first it stands, in rows. */
  at: number;
}

/** What flows from one row to another: from those who send to a channel, or from there to those who hear it. */
export interface Link {
  key: string;
  from: Row;
  to: Row;
  perS: number;
}
