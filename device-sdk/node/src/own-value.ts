import type { RoomClient } from './behaviour.ts';

/** The names of the fields by which OOCSI's members ask for all values and say their own. */
export interface ValueFields {
  call: string;
  vote: string;
}

/** Says one's own value on the channel of OOCSI's members, whenever it becomes another one and whenever a member calls for all of them. */
export class OwnValue {
  readonly #client: RoomClient;
  readonly #channel: string;
  readonly #fields: ValueFields;
  #value: unknown;
  #subscribed: Promise<() => void> | undefined;

  constructor(client: RoomClient, channel: string, fields: ValueFields) {
    this.#client = client;
    this.#channel = channel;
    this.#fields = fields;
  }

  /** @throws CrossCommError where the gateway refuses the channel */
  async set(value: unknown): Promise<void> {
    this.#value = value;
    this.#subscribed ??= this.#client.subscribe(this.#channel, (data: unknown) => {
      const isCall = typeof data === 'object' && data !== null && Object.hasOwn(data, this.#fields.call);
      // What cannot be sent now is said at the next call.
      if (isCall && this.#value !== undefined) this.#say().catch(() => {});
    });
    await this.#subscribed;
    await this.#say();
  }

  stop(): void {
    this.#value = undefined;
    this.#subscribed?.then((end) => end()).catch(() => {});
    this.#subscribed = undefined;
  }

  async #say(): Promise<void> {
    await this.#client.send(this.#channel, { [this.#fields.vote]: this.#value });
  }
}
