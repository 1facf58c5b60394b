import { version } from '../common/version.ts';
import type { ClusterConfig } from '../config/cluster.ts';
import { Cluster, type ClusterParts } from '../integrations/nats/cluster.ts';
import type { OnClose } from './closers.ts';

/** Has this gateway and others be one conversation. */
export function openCluster(
  config: ClusterConfig & { readonly gateway: string },
  parts: Omit<ClusterParts, 'config' | 'version'>,
  onClose: OnClose,
): Cluster {
  const cluster = new Cluster({ ...parts, config, version: version() });
  onClose(() => cluster.stop());
  cluster.start();
  return cluster;
}
