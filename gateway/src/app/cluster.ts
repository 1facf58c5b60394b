import type { Database } from '../common/level.ts';
import { version } from '../common/version.ts';
import type { ClusterConfig } from '../config/cluster.ts';
import { Cluster, type ClusterParts } from '../integrations/nats/cluster.ts';
import { openKept } from '../integrations/nats/kept/kept.ts';
import type { OutboxDb } from '../integrations/nats/kept/outbox.ts';
import type { OnClose } from './closers.ts';
import type { Storage } from './storage.ts';

export interface OpenClusterParts extends Omit<ClusterParts, 'config' | 'version' | 'epoch' | 'stored'> {
  config: ClusterConfig & { readonly gateway: string };
  storage: Pick<Storage, 'db' | 'writes'>;
}

/** Has this gateway and others be one conversation, from `start` on; what must arrive there is kept from now on. */
export async function openCluster({ storage, ...parts }: OpenClusterParts, onClose: OnClose): Promise<Cluster> {
  const epoch = Math.floor(parts.random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  const { config, incidents } = parts;
  const stored = await openKept(readable(storage.db), {
    ...{ writes: storage.writes, maxBytes: config.maxWaitingBytes, run: epoch },
    damaged: () =>
      incidents.report({
        ...{ door: 'cluster', who: 'the database', code: 'DATA_DAMAGED' },
        message: 'A message that was to go to the other gateways is not what was written, and is left out.',
      }),
  });
  const cluster = new Cluster({ ...parts, version: version(), epoch, stored });
  onClose(() => cluster.stop());
  return cluster;
}

/** The database with values as bytes. */
function readable(db: Database): OutboxDb {
  return { iterator: (range) => db.iterator<string, Buffer>(range) };
}
