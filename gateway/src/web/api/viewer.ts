import type { Admission } from '../../access/admission.ts';
import type { Principal } from '../../access/principal.ts';
import { isLoopback } from '../../common/loopback.ts';
import { addressOf } from '../../common/peer-address.ts';

/** Whoever looks at the gateway through the API, and what it may know now: its rights are asked for each time. */
export class Viewer {
  readonly principal: Principal;
  readonly #access: Admission;
  /** It comes from another machine by a proxy, without a proof. */
  readonly #isStranger: boolean;

  constructor(access: Admission, principal: Principal, isStranger: boolean) {
    this.#access = access;
    this.principal = principal;
    this.#isStranger = isStranger;
  }

  /** The same for viewers whose rights are the same, now and after any change of rules. */
  get sameAs(): string {
    const { account, proof, peer } = this.principal;
    // Whoever is on this machine may operate once there is no account any more.
    return JSON.stringify([account, proof, isLoopback(addressOf(peer)), this.#isStranger]);
  }

  get mayOperate(): boolean {
    return !this.#isStranger && this.#access.mayOperate(this.principal);
  }

  /** Whether it may know that a client or channel of this name is there. */
  sees(name: string): boolean {
    return this.#access.maySee(this.principal, name);
  }

  /** Whether what is sent to this channel, a name, may reach it. */
  hears(channel: string): boolean {
    return this.#access.mayHear(this.principal, channel);
  }

  /**
   * Whether it may read what was sent to `to`. What goes to one client alone is for whoever operates the gateway, and for the accounts that it
   * went between; see `Look`.
   */
  reads(to: string, between: readonly string[] | undefined): boolean {
    if (!this.hears(to)) return false;
    const { account } = this.principal;
    return between === undefined || this.mayOperate || (account !== undefined && between.includes(account));
  }

  /** Whose account a client is, if it may know: its own, or any where it may see the accounts of others. */
  accountOf({ account }: { account?: string | undefined }): string | undefined {
    const isTold = account === this.principal.account || this.#access.maySeeAccounts(this.principal);
    return isTold ? account : undefined;
  }

  /** Whether it may read an object. */
  readsObject(key: string): boolean {
    return this.#access.mayRead(this.principal, key);
  }
}
