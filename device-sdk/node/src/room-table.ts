import { Behaviour, type RoomClient } from './behaviour.ts';
import { OwnValue, type ValueFields } from './own-value.ts';

/** What everyone has, by client id: a table that the gateway keeps up to date. */
export class RoomTable<T = unknown> extends Behaviour {
  readonly #members = new Map<string, T>();
  readonly #options: object;

  /** Made by `Room`. */
  constructor(client: RoomClient, about: Record<string, unknown>, options: object = {}) {
    super(client, about);
    this.#options = options;
    this.start();
  }

  /** Who is there, and what each of them has. */
  get members(): ReadonlyMap<string, T> {
    return this.#members;
  }

  protected options(): object {
    return this.#options;
  }

  protected take({ all, members, gone, more }: Record<string, unknown>): boolean {
    if (members === undefined) return true;
    if (all === true) this.#members.clear();
    for (const [name, value] of Object.entries(members ?? {})) this.#members.set(name, value as T);
    if (Array.isArray(gone)) for (const name of gone) this.#members.delete(String(name));
    return more !== true;
  }
}

/** A table in which this client has a value, too. */
export class SharedTable<T = unknown> extends RoomTable<T> {
  readonly #own: OwnValue;

  /** Made by `Room`; `channel`: that of OOCSI's members. */
  constructor(
    client: RoomClient,
    about: Record<string, unknown>,
    { channel, fields, options = {} }: { channel: string; fields: ValueFields; options?: object },
  ) {
    super(client, about, options);
    this.#own = new OwnValue(client, channel, fields);
    this.endsWith(() => this.#own.stop());
  }

  /**
   * Says what this client has, to all.
   *
   * @throws CrossCommError where the gateway refuses the channel of the members
   */
  async set(value: T): Promise<void> {
    await this.#own.set(value);
  }
}
