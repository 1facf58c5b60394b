import { existsSync } from 'node:fs';
import type { ResponderParts } from './responder.ts';

export interface AnnouncerParts extends ResponderParts {
  /** Where avahi tells that it runs. */
  avahiSocket?: string;
}

/** avahi makes it when it starts, and removes it when it ends. */
const AVAHI_SOCKET = '/run/avahi-daemon/socket';
/** How often it is looked whether avahi has come or gone, and after how long what failed is tried again. */
const LOOK_MS = 15_000;

/**
 * Announces services on the local network: through avahi where it runs, as two responders would both want the host name; else by itself. Either is
 * loaded only then. When avahi comes or goes, the other one goes on.
 *
 * @returns what takes them back
 */
export function announce(parts: AnnouncerParts): () => Promise<void> {
  const { clock, log, avahiSocket = AVAHI_SOCKET } = parts;
  let end: (() => Promise<void>) | undefined;
  let isByAvahi = false;
  let isOver = false;
  let work: Promise<void> = Promise.resolve();
  let told = '';

  const look = async (): Promise<void> => {
    const hasAvahi = existsSync(avahiSocket);
    if (isOver || (end !== undefined && hasAvahi === isByAvahi)) return;
    await end?.();
    isByAvahi = hasAvahi;
    const by = hasAvahi ? 'avahi' : 'the gateway itself';
    try {
      const responder = hasAvahi
        ? (await import('./avahi.ts')).announceByAvahi
        : (await import('./own-responder.ts')).announceByItself;
      end = await responder(parts, () => {
        end = undefined;
      });
      log.info(
        { by, services: parts.services.map(({ type, port }) => `${type}:${port}`) },
        'Others can find this gateway (mDNS).',
      );
      told = '';
    } catch (error) {
      end = undefined;
      const why = error instanceof Error ? error.message : String(error);
      // It is tried again and again.
      if (why !== told)
        log.warn(
          { by, why },
          'Others cannot find this gateway by mDNS at the moment; clients that have its address are not concerned.',
        );
      told = why;
    }
  };
  const later = (): void => {
    work = work.then(look);
  };
  later();
  const stop = clock.every(LOOK_MS, later);
  return async () => {
    isOver = true;
    stop();
    await work;
    await end?.();
  };
}
