import type { Variable } from './variable.ts';

/** The variables of a client whose last value the gateway keeps. */
export class KeptVariables {
  readonly #variables: Variable[] = [];

  add(variable: Variable): void {
    this.#variables.push(variable);
  }

  /** The field of each, once for each variable. */
  get fields(): readonly { channel: string; key: string }[] {
    return this.#variables;
  }

  /** There is a session that has told none of the kept values yet. */
  asked(): void {
    for (const variable of this.#variables) variable.asked();
  }

  /** Those of a field. */
  of(channel: string, key: string): Variable[] {
    return this.#variables.filter((variable) => variable.channel === channel && variable.key === key);
  }
}
