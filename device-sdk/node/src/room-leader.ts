import { Behaviour, type RoomClient } from './behaviour.ts';

/** Who leads, of those who want to. */
export class RoomLeader extends Behaviour {
  #wants: boolean | undefined;
  #name: string | undefined;

  /** Made by `Room`. */
  constructor(client: RoomClient, channel: string, wants: boolean | undefined) {
    super(client, { leader: channel });
    this.#wants = wants;
    this.start();
  }

  /** The id of the client that leads; undefined where nobody wants to, or it is not known yet. */
  get name(): string | undefined {
    return this.#name;
  }

  /** Whether this client leads. */
  get isMe(): boolean {
    return this.#name === this.client.clientId;
  }

  /** Says whether this client wants to lead. */
  stand(wants = true): void {
    this.#wants = wants;
    this.say(this.options());
  }

  protected options(): object {
    return this.#wants === undefined ? {} : { stand: this.#wants };
  }

  protected take({ name }: Record<string, unknown>): boolean {
    this.#name = typeof name === 'string' ? name : undefined;
    return true;
  }
}
