import { Behaviours } from '../behaviours/behaviours.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { OnClose } from './closers.ts';

/** Has clients ask for what a room does together, by messages to `behaviours`. */
export function openBehaviours({ access, ...context }: SessionContext, maxBytes: number, onClose: OnClose): Behaviours {
  const behaviours = new Behaviours({
    ...context,
    maxBytes,
    mayHear(client, channel) {
      const principal = access.online(client);
      return principal !== undefined && access.maySubscribe(principal, channel);
    },
    maySend(client, channel) {
      const principal = access.online(client);
      return principal !== undefined && access.maySend(principal, channel);
    },
    report: (incident) => context.incidents.report(incident),
  });
  onClose(() => behaviours.stop());
  return behaviours;
}
