import type { Clock } from '../common/clock.ts';
import type { AccountBook } from './account-book.ts';
import { CLASS_ROLE, isSharedName } from './class-role.ts';
import { type Denial, deny, owned } from './denial.ts';
import { isOver } from './expiry.ts';
import type { Namespace } from './namespace.ts';
import type { Principal } from './principal.ts';
import { Rights } from './rights.ts';
import { ANONYMOUS_ROLE, CABLE_ROLE, type RoleBook } from './roles.ts';

const CABLE = [CABLE_ROLE];
const OPERATOR = ['admin'];
const ANONYMOUS = [ANONYMOUS_ROLE];
const NONE: readonly string[] = [];

export interface StandingParts {
  clock: Clock;
  accounts: AccountBook;
  roles: RoleBook;
  /** What a board on a cable may do; by default the role `device`. */
  cableRoles?: readonly string[] | undefined;
}

/** What accounts and roles say now of somebody who has proved who it is. */
export class Standing {
  readonly #parts: StandingParts;

  readonly #ownerOf = (id: string): string | undefined => this.#parts.accounts.ownerOf(id);

  constructor(parts: StandingParts) {
    this.#parts = parts;
  }

  /** Whether its account and its credential are still there, and its time is not over. */
  isProven({ proof, account: name, credential }: Principal): boolean {
    if (name === undefined) return true;
    const { accounts, clock } = this.#parts;
    const account = accounts.get(name);
    if (account === undefined || isOver(account, clock)) return false;
    if (proof === 'token') return account.tokens.some(({ id }) => id === credential);
    // Whether the key is still there is known where the keys are.
    if (proof === 'key') return true;
    if (proof === 'certificate') return account.certificates.some(({ id }) => id === credential);
    return account.password === credential;
  }

  /** The names of an account; undefined where it has none of its own. */
  namespaceOf(account: string | undefined): Namespace | undefined {
    return this.#parts.accounts.namespaceOf(account);
  }

  /** What a principal may do: the rules of its account's roles, or those of its proof. */
  rightsOf(who: Pick<Principal, 'proof' | 'account' | 'id'>): Rights {
    const { accounts, roles } = this.#parts;
    const { account, id } = who;
    const rules = roles.rulesOf(this.rolesOf(who));
    const namespace = accounts.namespaceOf(account);
    return new Rights({ roles: rules, account, id, ownerOf: this.#ownerOf, hasOwners: accounts.hasAny, namespace });
  }

  /** The names of the roles of an account, or of a proof without one. */
  rolesOf({ proof, account }: Pick<Principal, 'proof' | 'account'>): readonly string[] {
    const { accounts, clock, cableRoles = CABLE } = this.#parts;
    if (account !== undefined) {
      const known = accounts.get(account);
      return known === undefined || isOver(known, clock) ? NONE : known.roles;
    }
    if (proof === 'cable') return cableRoles;
    return proof === 'operator' ? OPERATOR : ANONYMOUS;
  }

  /**
   * Why somebody may not have its id; undefined if it may. Another account owns it, or it is a channel that it may not hear, by a rule about
   * that name or because it is below another account's: whoever had it would be sent what is meant for the channel's subscribers.
   */
  idDenial({ id, proof, account, rights, names }: Principal): Denial | undefined {
    if (id === '') return undefined;
    if (isSharedName(id) && (names !== undefined || this.rolesOf({ proof, account }).includes(CLASS_ROLE))) {
      return deny('not_allowed', 'the id is a channel of all teams');
    }
    const [first = ''] = id.split('/', 1);
    const isOfOthers = first !== id && first !== names?.name && this.#parts.accounts.hasNamespace(first);
    // Who hears everything anyway gains nothing by such an id.
    if (isOfOthers && !rights.hearsAll && this.#ownerOf(id) !== account) return owned(proof !== 'none');
    const owner = this.#ownerOf(id);
    // What is sent to its own id it may hear, by whatever rule.
    if (owner !== undefined && owner === account) return undefined;
    if (owner !== undefined && proof !== 'operator') return owned(proof !== 'none');
    if (rights.hearsAll || rights.hearsNow(id)) return undefined;
    const above = this.#ownerOf(first);
    const isOthers = this.#parts.roles.isAbout(id) || (above !== undefined && above !== account);
    return isOthers ? deny('not_allowed', 'the id is a channel that it may not hear') : undefined;
  }
}
