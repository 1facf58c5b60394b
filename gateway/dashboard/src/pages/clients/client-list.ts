import type { ClientView, FeedEvents } from '../../api/types.ts';

/** A client with how much it says and hears. */
export interface ClientRow extends ClientView {
  receivedPerS: number;
  sentPerS: number;
}

/** Of a shorter time, one message more or less would be taken for a rate. */
const LEAST_S = 2;

/** The clients that the page knows, as they come, go and talk. */
export class ClientList {
  readonly #rows = new Map<string, ClientRow>();
  #loadedMs: number | undefined;

  /**
   * Takes the answer to a question as all that there is. How much each one talks follows from the answer before, if that is not too new.
   *
   * @param nowMs when it was asked, in milliseconds of any clock
   */
  load(clients: readonly ClientView[], nowMs: number): void {
    const seconds = this.#loadedMs === undefined ? 0 : (nowMs - this.#loadedMs) / 1000;
    this.#loadedMs = nowMs;
    const before = new Map(this.#rows);
    this.#rows.clear();
    for (const client of clients) this.#rows.set(client.id, withRates(client, before.get(client.id), seconds));
  }

  /** Takes what has happened since. */
  apply({ joined, left, rates }: FeedEvents['clients'], nowMs: number): void {
    for (const client of joined) this.#rows.set(client.id, withRates(client, undefined, 0));
    for (const { id } of left) {
      const row = this.#rows.get(id);
      if (row) this.#rows.set(id, { ...row, online: false, lastSeenMs: nowMs, receivedPerS: 0, sentPerS: 0 });
    }
    for (const { id, ...rate } of rates) {
      const row = this.#rows.get(id);
      if (row) this.#rows.set(id, { ...row, ...rate, ...(rate.receivedPerS > 0 && { lastSeenMs: nowMs }) });
    }
  }

  get rows(): ClientRow[] {
    return [...this.#rows.values()];
  }
}

function withRates(client: ClientView, before: ClientRow | undefined, seconds: number): ClientRow {
  // One that has joined again counts from the beginning. What the feed told meanwhile stays.
  if (!before || seconds < LEAST_S || before.sinceMs !== client.sinceMs) {
    return { ...client, receivedPerS: before?.receivedPerS ?? 0, sentPerS: before?.sentPerS ?? 0 };
  }
  return {
    ...client,
    receivedPerS: Math.max(0, client.received - before.received) / seconds,
    sentPerS: Math.max(0, client.sent - before.sent) / seconds,
  };
}

/** Whether a client is one of those that are looked for. */
export function isFound({ id, account, peer }: ClientView, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [id, account, peer].some((text) => text?.toLowerCase().includes(wanted));
}
