import { Beat } from './beat.ts';
import type { RoomClient } from './behaviour.ts';
import { Consensus } from './consensus.ts';
import { Places } from './places.ts';
import { Poll } from './poll.ts';
import { Roles } from './roles.ts';
import { RoomLeader } from './room-leader.ts';
import { RoomTable, SharedTable } from './room-table.ts';

/**
 * What a room does together, for a client of a gateway; docs/behaviours.md says what each of it is. Everything that it gives goes on over
 * reconnects until its `stop()`.
 */
export class Room {
  readonly #client: RoomClient;

  /** `client`: a `CrossCommService`, which may be online already or later. */
  constructor(client: RoomClient) {
    this.#client = client;
  }

  /**
   * Who is there, and with which state: the last value of each field that each client has sent to the channel. With `keys` these fields
   * only; with `timeoutMs` who says nothing for so long is gone.
   */
  awareness<T = Record<string, unknown>>(
    channel: string,
    options: { keys?: readonly string[]; timeoutMs?: number } = {},
  ): RoomTable<T> {
    return new RoomTable<T>(this.#client, { awareness: channel }, options);
  }

  /** The latest value of everyone under a key; `set` says this client's own. */
  gather<T = unknown>(channel: string, key: string, options: { timeoutMs?: number } = {}): SharedTable<T> {
    const fields = { call: 'call', vote: 'vote' };
    const members = `${channel}_${key}_gather`;
    return new SharedTable<T>(this.#client, { gather: channel, key }, { channel: members, fields, options });
  }

  /** Who leads. With `stand: true` this client wants to. */
  leader(channel: string, { stand }: { stand?: boolean } = {}): RoomLeader {
    return new RoomLeader(this.#client, channel, stand);
  }

  /** One beat for all. `periodMs`: the time from pulse to pulse, where nobody else has said one. */
  beat(channel: string, { periodMs }: { periodMs?: number } = {}): Beat {
    return new Beat(this.#client, channel, periodMs);
  }

  /** Polls, which the gateway counts. */
  poll(channel: string): Poll {
    return new Poll(this.#client, channel);
  }

  /** What members of OOCSI's `OOCSIConsensus` agree on. */
  consensus<T = unknown>(channel: string, key: string): Consensus<T> {
    return new Consensus<T>(this.#client, { consensus: channel, key }, `${channel}_${key}_consensus`);
  }

  /** Roles 1, 2, 3, ..., each for one client. With `take: true` this client wants one. */
  spread(channel: string, key: string, { take }: { take?: boolean } = {}): Roles {
    return new Roles(this.#client, { spread: channel, key }, take);
  }

  /** Where everyone is; `reach`: how far a neighbour may be away. */
  spatial(channel: string, key: string, { reach = 1 }: { reach?: number } = {}): Places {
    return new Places(this.#client, { spatial: channel, key }, `${channel}_${key}_spatial`, reach);
  }
}
