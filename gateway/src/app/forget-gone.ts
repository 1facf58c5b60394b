import type { Admission } from '../access/admission.ts';
import type { ClientInfo } from '../hub/client.ts';
import type { Hub } from '../hub/hub.ts';

/**
 * Forgets the clients of accounts that are removed, with the subscriptions that wait for them: an account that gets the name of one that is gone
 * finds nothing of it. Call it when what an earlier run knew has been put back.
 */
export function forgetGone(hub: Hub, access: Pick<Admission, 'isAccount' | 'onReview'>): void {
  const forget = (client: ClientInfo | undefined): void => {
    if (client?.account === undefined || client.online || access.isAccount(client.account)) return;
    hub.forget(client.id, { keeps: false });
  };
  const look = (): void => {
    for (const client of hub.ownClients()) forget(client);
  };
  look();
  access.onReview(look);
  // Whose account was removed while it was online leaves a moment later.
  hub.events.on('leave', (id) => queueMicrotask(() => forget(hub.ownClient(id))));
}
