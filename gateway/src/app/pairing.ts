import type { AccountBook } from '../access/account-book.ts';
import type { ChannelNames } from '../access/channel-names.ts';
import { Pairings } from '../access/pairing.ts';
import type { RoleBook } from '../access/roles.ts';
import { TokenOffers } from '../access/token-offers.ts';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';

/** What gives devices tokens of their own. */
export interface Pairing {
  pairings: Pairings;
  offers: TokenOffers;
}

export interface PairingOptions {
  accounts: AccountBook;
  roles: RoleBook;
  channels: ChannelNames;
  clock: Clock;
  log: Log;
}

/** Makes what gives devices tokens of their own; who gets one is in the log. */
export function openPairing({ accounts, roles, channels, clock, log }: PairingOptions): Pairing {
  const tell = (what: string, details: Record<string, unknown>): void => log.info(details, what);
  const pairings = new Pairings({ accounts, roles, channels, clock, tell });
  const offers = new TokenOffers({
    accounts,
    clock,
    pairings,
    channels,
    tell,
    fault: (error, account) => log.error({ code: 'INTERNAL', account, err: error }, 'A board could not be paired.'),
  });
  return { pairings, offers };
}
