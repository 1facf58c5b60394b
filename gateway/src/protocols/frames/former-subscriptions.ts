import { hasPassword, parseAddress } from '../../hub/address.ts';
import type { Session } from '../../hub/session.ts';
import type { SessionContext } from '../context.ts';

/** How long a device has to declare again, after a reset, what it was subscribed to. */
const DECLARE_MS = 10_000;

/**
 * The subscriptions that a device has from before a reset. They stay for a while, so that it misses nothing until it has
 * declared them again; those that it does not declare are ended.
 */
export class FormerSubscriptions {
  readonly #session: Session;
  readonly #context: SessionContext;
  /** Addresses by channel. */
  readonly #addresses = new Map<string, string>();
  #cancelEnd: () => void = () => {};

  constructor(session: Session, context: SessionContext) {
    this.#session = session;
    this.#context = context;
  }

  /**
   * A new session begins: everything that the client is subscribed to is from before. What has a password ends at once, as
   * the client that has the name now might not know it.
   */
  begin(): void {
    const { clock, hub } = this.#context;
    this.cancel();
    for (const address of hub.subscriptions(this.#session)) {
      if (hasPassword(address)) hub.unsubscribe(this.#session, address);
      else this.#addresses.set(parseAddress(address)?.name ?? address, address);
    }
    if (this.#addresses.size > 0) this.#cancelEnd = clock.after(DECLARE_MS, () => this.#end());
  }

  /** The device subscribes to a channel: what it had gives way, so that retained messages follow once more. */
  renew(address: string): void {
    const name = parseAddress(address)?.name ?? address;
    if (this.#addresses.delete(name)) this.#context.hub.unsubscribe(this.#session, address);
  }

  /** Forgets what was from before, and leaves it as it is. */
  cancel(): void {
    this.#cancelEnd();
    this.#addresses.clear();
  }

  #end(): void {
    for (const address of this.#addresses.values()) this.#context.hub.unsubscribe(this.#session, address);
    this.#addresses.clear();
  }
}
