import type { Row } from './row.ts';

export const HTTP_ROWS: readonly Row[] = [];
