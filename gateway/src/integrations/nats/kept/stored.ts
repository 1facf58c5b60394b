import type { Clock } from '../../../common/clock.ts';
import type { GroupCommit } from '../../../common/group-commit.ts';
import { Held } from '../homes/held.ts';
import { HomeTable } from '../homes/home-table.ts';
import type { HomesStored } from '../homes/homes.ts';
import type { OutboxDb } from './disk.ts';
import { Outbox, type OutboxParts } from './outbox.ts';
import { PlacesStore } from './places-store.ts';

/** What is on disk of messages that must arrive. */
export interface KeptStored {
  readonly writes: GroupCommit;
  readonly outbox: Outbox;
  readonly places: PlacesStore;
  readonly homes: HomesStored;
}

/** Opens what earlier runs left. */
export async function openKept(
  db: OutboxDb,
  { writes, clock, ...parts }: Omit<OutboxParts, 'db'> & { clock: Clock },
): Promise<KeptStored> {
  const outbox = await Outbox.open({ db, writes, ...parts });
  const homes = { table: await HomeTable.open(db, writes), held: await Held.open(db, writes, clock) };
  return { writes, outbox, places: await PlacesStore.open(db, writes), homes };
}
