import type { ObjectInfo } from '../../../objects/contract.ts';

/** How many keys are remembered with their gateways; the oldest make room. */
const MAX_PLACES = 10_000;
/** No run. */
const UNSURE = -1;

/** Which gateway has an object, as far as is known: where it was found, or who told of it. */
export class Places {
  readonly #places = new Map<string, { readonly gateway: string; readonly run: number }>();
  #run = 0;

  get(key: string): string | undefined {
    return this.#places.get(key)?.gateway;
  }

  /** Whether nobody else can have a later one, as far as is known. */
  isSure(key: string): boolean {
    return this.#places.get(key)?.run === this.#run;
  }

  /** A gateway has the object; what another one said before of the same key may be later or earlier. */
  told(key: string, gateway: string): void {
    const isOther = (this.get(key) ?? gateway) !== gateway;
    this.#put(key, gateway, isOther ? UNSURE : this.#run);
  }

  /** Of all gateways, this one has what counts. */
  note(key: string, gateway: string): void {
    this.#put(key, gateway, this.#run);
  }

  /** Something may have been put elsewhere without this gateway hearing of it: all are asked again. */
  doubt(): void {
    this.#run++;
  }

  #put(key: string, gateway: string, run: number): void {
    this.#places.delete(key);
    this.#places.set(key, { gateway, run });
    if (this.#places.size > MAX_PLACES) this.#places.delete(this.#places.keys().next().value as string);
  }

  delete(key: string): void {
    this.#places.delete(key);
  }
}

/** An object, and the gateway that has it. */
export interface Found {
  readonly gateway: string;
  readonly info: ObjectInfo;
}

/** Which one counts where several gateways have an object of the same key: the later one; of two alike, that of the later name. */
export function chosen(found: readonly Found[]): Found | undefined {
  return found.reduce<Found | undefined>((best, each) => {
    if (best === undefined) return each;
    const laterMs = each.info.modifiedMs - best.info.modifiedMs;
    return laterMs > 0 || (laterMs === 0 && each.gateway > best.gateway) ? each : best;
  }, undefined);
}
