/** What tells a broker's messages apart. */
interface Numbered {
  brokerId?: string | undefined;
  brokerCounter?: number | undefined;
}

/**
 * While a client that has come back gets what waited for it on disk, it gets new messages too, and these are on disk as well: a
 * message could come both ways. This knows what each such connection was sent.
 */
export class CatchingUp {
  readonly #sent = new WeakMap<object, Set<string> | 'over'>();

  /** True where the client was not sent this message yet; from now on it was. */
  claim(client: object, { brokerId, brokerCounter }: Numbered): boolean {
    const sent = this.#sent.get(client) ?? new Set<string>();
    if (sent === 'over') return true;
    this.#sent.set(client, sent);
    const key = `${brokerId} ${brokerCounter}`;
    if (sent.has(key)) return false;
    sent.add(key);
    return true;
  }

  /** Nothing waits on disk any more that is not on its way. */
  end(client: object): void {
    this.#sent.set(client, 'over');
  }
}
