import type { ClientInfo } from '../hub/client.ts';

/**
 * What an earlier run knew, as it is for the next one: everyone is offline. Who was online when that run was killed counts as
 * seen until now, `nowMs` since 1970, so that its time to come back begins now.
 */
export function allOffline(clients: readonly ClientInfo[], nowMs: number): ClientInfo[] {
  const latestMs = clients.reduce((latest, { lastSeenMs }) => Math.max(latest, lastSeenMs), nowMs);
  return clients.map((client) => (client.online ? { ...client, online: false, lastSeenMs: latestMs } : client));
}
