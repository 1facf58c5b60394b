import { join } from 'node:path';
import type { Admission } from '../access/admission.ts';
import type { Database } from '../common/level.ts';
import { version } from '../common/version.ts';
import type { ClusterConfig } from '../config/cluster.ts';
import { Cluster, type ClusterParts } from '../integrations/nats/cluster.ts';
import type { OutboxDb } from '../integrations/nats/kept/disk.ts';
import { openKept } from '../integrations/nats/kept/stored.ts';
import { Changes } from '../integrations/nats/keys/changes.ts';
import type { Objects } from '../objects/objects.ts';
import { sharedFile } from '../storage/shared-file.ts';
import type { OnClose } from './closers.ts';
import { type SharedPeopleParts, sharedPeople } from './shared-people.ts';
import type { Storage } from './storage.ts';

export interface OpenClusterParts
  extends Omit<ClusterParts, 'config' | 'version' | 'epoch' | 'stored' | 'copiesFolder' | 'retained' | 'scheduled'> {
  config: ClusterConfig & { readonly gateway: string };
  storage: Pick<Storage, 'db' | 'writes' | 'store'>;
  dataDir: string;
  /** Shared with the other gateways where the configuration says so. */
  people: Pick<SharedPeopleParts, 'accounts' | 'roles' | 'desk'>;
}

/** Has this gateway and others be one conversation, from `start` on; what must arrive there is kept from now on. */
export async function openCluster(
  { storage, dataDir, people, ...parts }: OpenClusterParts,
  onClose: OnClose,
): Promise<Cluster> {
  const epoch = Math.floor(parts.random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  const { config, incidents } = parts;
  const stored = await openKept(readable(storage.db), {
    ...{ writes: storage.writes, clock: parts.clock, maxBytes: config.maxWaitingBytes, run: epoch },
    damaged: () =>
      incidents.report({
        ...{ door: 'cluster', who: 'the database', code: 'DATA_DAMAGED' },
        message: 'A message that was to go to the other gateways is not what was written, and is left out.',
      }),
  });
  const { writes, store } = storage;
  const changes = await Changes.open(readable(storage.db), writes, 'retained');
  const retained = { writes, changes, written: () => store.flush() };
  const scheduled = await Changes.open(readable(storage.db), writes, 'scheduled');
  const copiesFolder = join(dataDir, 'cluster-copies');
  const cluster = new Cluster({ ...parts, version: version(), epoch, stored, retained, scheduled, copiesFolder });
  onClose(() => cluster.stop());
  if (config.accounts) {
    const local = sharedPeople({ ...people, dataDir, log: parts.log });
    await cluster.shareAccounts({ local, store: sharedFile(dataDir) });
  }
  return cluster;
}

export interface ShareFilesParts {
  objects: Objects;
  access: Admission;
  /** What this gateway lets those do who have no account here. */
  anonymous: 'loopback' | 'allow' | 'deny';
}

/** Has other gateways read the objects of this one, and its clients those of the others. Whoever reads there needs the right here, too. */
export async function shareFiles(cluster: Cluster, { objects, access, anonymous }: ShareFilesParts): Promise<void> {
  objects.elsewhere = await cluster.shareFiles({
    store: objects.store,
    mayGive({ key }, { account, isLocal, isTrusted }) {
      if (isTrusted === true) return true;
      // An account that only the other gateway has is nobody's here.
      const known = account !== undefined && access.isAccount(account) ? account : undefined;
      const isLetIn = anonymous === 'allow' || (anonymous === 'loopback' && isLocal === true);
      if (known === undefined && !isLetIn) return false;
      return access.mayRead(access.former({ protocol: 'http', account: known }), key);
    },
    addressOf: (key) => objects.links.urlOf(key),
  });
}

/** The database with values as bytes. */
function readable(db: Database): OutboxDb {
  return { iterator: (range) => db.iterator<string, Buffer>(range) };
}
