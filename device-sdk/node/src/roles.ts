import type { RoomClient } from './behaviour.ts';
import { RoomTable } from './room-table.ts';

/** Roles 1, 2, 3, ..., each for one client. */
export class Roles extends RoomTable<number> {
  /** Made by `Room`. */
  constructor(client: RoomClient, about: Record<string, unknown>, take: boolean | undefined) {
    super(client, about, take === undefined ? {} : { take });
  }

  /** This client's role; undefined where it has none. */
  get mine(): number | undefined {
    return this.members.get(this.client.clientId);
  }
}
