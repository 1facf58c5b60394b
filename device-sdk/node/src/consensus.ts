import { Behaviour, type RoomClient } from './behaviour.ts';
import { OwnValue } from './own-value.ts';

/** What members of OOCSI's `OOCSIConsensus` agree on; this client is one that votes, and leaves calling and counting to them. */
export class Consensus<T = unknown> extends Behaviour {
  readonly #own: OwnValue;
  #value: T | undefined;

  /** Made by `Room`; `members`: the channel of the members. */
  constructor(client: RoomClient, about: Record<string, unknown>, members: string) {
    super(client, about);
    this.#own = new OwnValue(client, members, { call: 'call', vote: 'vote' });
    this.start();
    this.endsWith(() => this.#own.stop());
  }

  /** What was agreed on last; undefined where nothing was. */
  get value(): T | undefined {
    return this.#value;
  }

  /**
   * What this client votes for, whenever a member calls.
   *
   * @throws CrossCommError where the gateway refuses the channel of the members
   */
  async vote(value: T): Promise<void> {
    await this.#own.set(value);
  }

  protected options(): object {
    return {};
  }

  protected take({ value }: Record<string, unknown>): boolean {
    this.#value = value === null ? undefined : (value as T);
    return true;
  }
}
