import type { Principal } from '../access/principal.ts';
import type { Counter, FamilySpec, Metrics } from '../common/metrics.ts';
import { networkOf } from '../common/network-of.ts';
import { addressOf } from '../common/peer-address.ts';
import { RequestError } from './request-error.ts';

/** One account, or one address of clients without one, may have a quarter of all places. */
const SHARE = 1 / 4;

/** It has as many as it may, and others have not. */
const OVER_SHARE = 429;

/** What stays open over HTTP, by how it is called in a sentence. */
export type PlaceKind = 'streams of events' | 'event streams' | 'calls that wait for their answers';

const LABELS: Record<PlaceKind, string> = {
  'streams of events': 'feeds',
  'event streams': 'streams',
  'calls that wait for their answers': 'calls',
};

/** What was refused as there were too many of it: of one account or address (`share`), or of all (`all`). */
export const PLACE_REFUSALS: FamilySpec<'kind' | 'limit'> = {
  name: 'crosscomm_http_place_refusals_total',
  help: 'Feeds, event streams and calls by HTTP that were refused as one account or address had its share (share), or as there were too many (all).',
  labels: ['kind', 'limit'],
};

/** A place that somebody has. */
export interface Place {
  /**
   * It is known whose it is. Throws a RequestError where that account, or that address of clients without one, has its share already; the
   * place is to be freed then.
   */
  belongsTo(principal: Pick<Principal, 'account' | 'peer' | 'proof'>): void;
  /** Gives it back; a second time does nothing. */
  free(): void;
}

/** Places of a kind, of which nobody can take all: requests stay open in them. */
export class FairPlaces {
  readonly #kind: PlaceKind;
  readonly #max: number;
  readonly #counts = new Map<string, number>();
  readonly #overShare: Counter;
  readonly #overAll: Counter;
  #taken = 0;

  constructor(kind: PlaceKind, max: number, metrics: Metrics) {
    this.#kind = kind;
    this.#max = max;
    const refused = metrics.counters(PLACE_REFUSALS);
    this.#overShare = refused.of({ kind: LABELS[kind], limit: 'share' });
    this.#overAll = refused.of({ kind: LABELS[kind], limit: 'all' });
  }

  /**
   * Takes a place for a request from this address, of whom nothing else is known yet: those have a share of their own, so that what a
   * stranger has open keeps no account at the same address out. Throws a RequestError where there is none.
   */
  take(peer: string): Place {
    if (this.#taken >= this.#max) {
      this.#overAll.value++;
      throw new RequestError('PEER_TOO_MANY', `There are ${this.#max} ${this.#kind}, and there cannot be more.`);
    }
    const network = networkOf(addressOf(peer));
    let owner: string | undefined = `unknown ${network}`;
    this.#add(owner, `${network} (who has not proved yet who it is)`);
    this.#taken++;
    return {
      belongsTo: ({ account, proof }) => {
        const known = ownerOf(account, proof, network);
        if (owner === undefined || owner === known) return;
        this.#add(known, account ?? network);
        this.#remove(owner);
        owner = known;
      },
      free: () => {
        if (owner === undefined) return;
        this.#remove(owner);
        this.#taken--;
        owner = undefined;
      },
    };
  }

  #add(owner: string, who: string): void {
    const count = this.#counts.get(owner) ?? 0;
    const share = Math.ceil(this.#max * SHARE);
    if (count >= share) {
      this.#overShare.value++;
      const most = `${share} ${this.#kind}, as many as one account or address may have`;
      throw new RequestError('PEER_TOO_MANY', `${who} has ${most}; end one of them first.`, OVER_SHARE);
    }
    this.#counts.set(owner, count + 1);
  }

  #remove(owner: string): void {
    const count = (this.#counts.get(owner) ?? 0) - 1;
    if (count > 0) this.#counts.set(owner, count);
    else this.#counts.delete(owner);
  }
}

/** The commands of the owner count apart, whoever else is on this machine. */
function ownerOf(account: string | undefined, proof: Principal['proof'], network: string): string {
  if (proof === 'operator') return 'operator';
  return account === undefined ? `address ${network}` : `account ${account}`;
}
