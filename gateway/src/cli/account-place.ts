import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AccountError } from '../access/account-book.ts';
import type { AccountDesk } from '../access/account-desk.ts';
import { type Desks, openPeople } from '../app/people.ts';
import { systemClock } from '../common/clock.ts';
import { GatewayError } from '../common/errors.ts';
import { configFile } from './config-file.ts';
import { gatewayNamed, type MeantOptions } from './gateway-meant.ts';
import { atOperatorsPlace, type PlaceOptions, placeConfig } from './operator-place.ts';
import { namedElsewhere } from './reach.ts';
import { remoteDesks } from './remote-desk.ts';
import { type Shell, UsageError, warn } from './shell.ts';

/** What a gateway says of a call that asks for what cannot be, as the book itself says it where no gateway runs. */
const OF_THE_CALL: ReadonlySet<string> = new Set(['PEER_NOT_FOUND', 'PEER_NAME_TAKEN', 'PEER_MALFORMED']);

/** Which gateway's accounts and roles. */
export type DeskOptions = PlaceOptions & MeantOptions;

/**
 * Does `work` with the accounts and roles of the gateway that is meant: the one that was named, here or elsewhere, or that of the data folder,
 * whether it runs or not.
 *
 * @throws GatewayError; a UsageError where what is asked for cannot be done
 */
export async function withDesks<T>(shell: Shell, options: DeskOptions, work: (desks: Desks) => Promise<T>): Promise<T> {
  try {
    // Of this machine, those of the data folder are meant, whose secret the command can read.
    const isNamed = options.url !== undefined || namedElsewhere(shell, options) !== undefined;
    const named = isNamed ? await gatewayNamed(shell, options) : undefined;
    return named === undefined ? await atPlace(shell, options, work) : await work(remoteDesks(shell, named));
  } catch (error) {
    if (error instanceof AccountError) throw new UsageError(error.message);
    if (error instanceof GatewayError && OF_THE_CALL.has(error.code)) throw new UsageError(error.message);
    throw error;
  }
}

async function atPlace<T>(shell: Shell, options: PlaceOptions, work: (desks: Desks) => Promise<T>): Promise<T> {
  const config = placeConfig(shell, options);
  const { dataDir } = config;
  const isNamed = options.dataDir !== undefined || configFile(shell, options.config).file !== undefined;
  if (!isNamed && !existsSync(join(dataDir, 'state'))) {
    warn(shell, `No gateway has run with the data folder ${dataDir} yet: start it with that one, or use --data-dir.`);
  }
  return await atOperatorsPlace(
    shell,
    { dataDir, isReading: options.isReading },
    {
      running: (gateway) => work(remoteDesks(shell, gateway)),
      resting: async () => work((await openPeople(config, { clock: systemClock })).desks),
    },
  );
}

/** As `withDesks`, with the accounts alone. */
export function withAccounts<T>(
  shell: Shell,
  options: DeskOptions,
  work: (desk: AccountDesk) => Promise<T>,
): Promise<T> {
  return withDesks(shell, options, ({ accounts }) => work(accounts));
}
