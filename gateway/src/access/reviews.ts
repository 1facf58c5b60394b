import type { Hub } from '../hub/hub.ts';
import { isPattern } from '../hub/pattern.ts';
import type { AccountChange } from './account-book.ts';
import { type Denial, deny } from './denial.ts';
import type { AdmittedSession, Principal } from './principal.ts';
import type { Quotas } from './quotas.ts';
import type { Standing } from './standing.ts';

export interface ReviewParts {
  hub: Hub;
  quotas: Quotas;
}

/** After a change of accounts or roles, looks at everybody who is here: who goes, and what each may do from now on. */
export class Reviews {
  readonly #parts: ReviewParts;
  readonly #standing: Standing;
  /** Those with an account that are no client of the hub, or not yet: connections that a device of frames is a guest of, long downloads. */
  readonly #watched = new Set<Principal>();
  readonly #reviewed = new Set<() => void>();
  /** How many there were. */
  #count = 0;

  constructor(parts: ReviewParts, standing: Standing) {
    this.#parts = parts;
    this.#standing = standing;
  }

  /**
   * Calls `end` when a principal's admission is taken back, for what is no client of the hub: a long download, a stream. The returned
   * function ends this; call it.
   */
  watch(principal: Principal, end: () => void): () => void {
    this.#watched.add(principal);
    const stop = principal.onRevoked(end);
    return () => {
      stop();
      if (!principal.isWatched) this.#watched.delete(principal);
    };
  }

  /** Looks at everybody anew: is called when accounts or roles have changed, or an account has expired. */
  review(change?: AccountChange): void {
    this.#count++;
    for (const session of this.#parts.hub.sessions()) {
      const { principal } = session as Partial<AdmittedSession>;
      if (principal !== undefined) this.#reviewAfter(change, principal, session as AdmittedSession);
    }
    for (const principal of [...this.#watched]) this.#reviewAfter(change, principal, undefined);
    for (const listener of this.#reviewed) listener();
  }

  /** Calls `listener` after each change of accounts or roles, until the returned function is called: what it knew by them may be another. */
  onReview(listener: () => void): () => void {
    this.#reviewed.add(listener);
    return () => this.#reviewed.delete(listener);
  }

  /** Of other accounts only what one that changed takes from them, as it owns more than before. */
  #reviewAfter(change: AccountChange | undefined, principal: Principal, session: AdmittedSession | undefined): void {
    if (change === undefined || principal.account === change.account) {
      this.#review(principal, session);
      return;
    }
    if (!change.owns) return;
    principal.rights.forgetOwners();
    if (this.#standing.idDenial(principal) !== undefined) this.#revoke(principal);
    else if (session !== undefined) this.#endForbidden(principal, session);
  }

  #endForbidden({ rights }: Principal, session: AdmittedSession): void {
    if (rights.hearsAll) return;
    const ended = this.#parts.hub.endSubscriptions(session, (name) => !rights.maySubscribe(name, isPattern(name)));
    for (const address of ended) session.lost?.(address);
  }

  #review(principal: Principal, session: AdmittedSession | undefined): void {
    if (this.renew(principal) !== undefined) this.#revoke(principal);
    else if (session !== undefined) {
      this.#parts.quotas.entered(principal);
      this.#endForbidden(principal, session);
    }
  }

  #revoke(principal: Principal): void {
    this.#watched.delete(principal);
    principal.revoke();
  }

  /**
   * Gives somebody whom nobody has looked at since the last change what it may do now; or answers why it may not be here any more.
   */
  renew(principal: Principal): Denial | undefined {
    if (principal.reviewedAt === this.#count) return undefined;
    if (!this.#standing.isProven(principal)) return deny('not_allowed', 'it may not join any more');
    if (this.#standing.namespaceOf(principal.account) !== principal.names) {
      return deny('not_allowed', 'the namespace of its account has changed');
    }
    this.measure(principal);
    principal.rights = this.#standing.rightsOf(principal);
    return this.#standing.idDenial(principal);
  }

  /** Gives a principal the meter of its account and roles. */
  measure(principal: Principal): void {
    principal.reviewedAt = this.#count;
    principal.meter = this.#parts.quotas.meterOf(principal, () => this.#standing.rolesOf(principal));
  }
}
