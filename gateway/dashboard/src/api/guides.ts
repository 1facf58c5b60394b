import { get } from './client.ts';
import type { Guide } from './types.ts';

let asked: Promise<Guide[]> | undefined;

/** How people connect by each protocol; asked for once, as it never changes while the gateway runs. */
export async function loadGuides(): Promise<Guide[]> {
  asked ??= get<{ guides: Guide[] }>('/api/v1/guides').then(({ guides }) => guides);
  try {
    return await asked;
  } catch (error) {
    asked = undefined;
    throw error;
  }
}
