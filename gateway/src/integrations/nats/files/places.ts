import type { ObjectInfo } from '../../../objects/contract.ts';

/** How many keys are remembered with their gateways; the oldest make room. */
const MAX_PLACES = 10_000;

/** Which gateway has an object, as far as is known: where it was found, or who told of it. */
export class Places {
  readonly #places = new Map<string, string>();

  get(key: string): string | undefined {
    return this.#places.get(key);
  }

  note(key: string, gateway: string): void {
    this.#places.delete(key);
    this.#places.set(key, gateway);
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
