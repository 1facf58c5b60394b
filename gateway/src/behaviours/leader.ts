import type { Subject } from './subject.ts';
import type { Act } from './wanted.ts';

/** One of those who want it: whoever has wanted it longest, until it goes or does not want it any more; then the next one. */
export class Leader implements Subject {
  readonly channel = undefined;
  readonly isUrgent = true;
  readonly dueMs = undefined;
  readonly #name: string;
  /** In the order in which they came. */
  readonly #candidates = new Set<string>();
  #toldOf: string | undefined;
  #isTold = false;

  /** `name`: what it is the leader of. */
  constructor(name: string) {
    this.#name = name;
  }

  /** The client that leads; undefined where nobody wants to. */
  get leader(): string | undefined {
    for (const first of this.#candidates) return first;
    return undefined;
  }

  get isChanged(): boolean {
    return !this.#isTold || this.leader !== this.#toldOf;
  }

  /** A client wants to lead, or does not any more. */
  stand(client: string, wants: boolean): void {
    if (wants) this.#candidates.add(client);
    else this.#candidates.delete(client);
  }

  act(client: string, act: Act): undefined {
    if (act.kind === 'leader') this.stand(client, act.stand);
  }

  left(client: string): void {
    this.stand(client, false);
  }

  hear(): boolean {
    return true;
  }

  tick(): void {}

  tell(): string[] {
    return [JSON.stringify({ leader: this.#name, name: this.leader ?? null })];
  }

  told(): void {
    this.#isTold = true;
    this.#toldOf = this.leader;
  }

  end(): void {
    this.#candidates.clear();
  }
}
