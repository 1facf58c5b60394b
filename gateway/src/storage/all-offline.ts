import type { ClientInfo } from '../hub/client.ts';

/**
 * The clients of an earlier run, as this run starts with them: all offline. A client that was online when that run was killed counts as
 * seen at `nowMs` (milliseconds since 1970), so its time to come back starts now.
 */
export function allOffline(clients: readonly ClientInfo[], nowMs: number): ClientInfo[] {
  const latestMs = clients.reduce((latest, { lastSeenMs }) => Math.max(latest, lastSeenMs), nowMs);
  return clients.map((client) => (client.online ? { ...client, online: false, lastSeenMs: latestMs } : client));
}
