import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Config, loadConfig } from '../app/config.ts';
import { OPERATOR_SECRET_FILE } from '../common/data-files.ts';
import { GatewayError } from '../common/errors.ts';
import { hostInUrl } from '../common/host-in-url.ts';
import { withAccountsLock } from '../storage/accounts-lock.ts';
import { settleLocked } from '../storage/backup/take-place.ts';
import { dataVersionOf } from '../storage/data-version.ts';
import { isOpenElsewhere } from '../storage/database-lock.ts';
import { makeFolder } from '../storage/owner.ts';
import { readRunningFile } from '../storage/running-file.ts';
import type { OperatorFacts } from '../web/operator-route.ts';
import { isEveryAddress } from './addresses.ts';
import { askGateway } from './ask-gateway.ts';
import { configFile } from './config-file.ts';
import type { Shell } from './shell.ts';

/** How a command that works on a gateway of this machine says which one. */
export interface PlaceOptions {
  config?: string | undefined;
  dataDir?: string | undefined;
  /** Nothing is changed, so that a folder which is not there need not be made. */
  isReading?: boolean | undefined;
}

/** A running gateway, and the secret by which commands on its machine prove themselves. */
export interface RunningGateway {
  url: string;
  secret: string;
}

/** How long a gateway may take to start or to end, while it neither answers nor lets others at its data. */
const BETWEEN_MS = 20_000;
const POLL_MS = 100;

/** The configuration that is meant, with `--data-dir` over it. Throws a GatewayError where it is wrong. */
export function placeConfig(shell: Shell, { config, dataDir }: PlaceOptions): Config {
  const { file, check } = configFile(shell, config);
  const overrides = dataDir === undefined ? [] : [{ path: ['dataDir'], value: dataDir, flag: '--data-dir' }];
  return loadConfig({ file, overrides, check, cwd: shell.cwd, isLookUp: true });
}

/**
 * Does `running` with the gateway that runs with this data folder; or `resting`, where none does, while none can start and no other command
 * changes its accounts.
 *
 * @throws GatewayError DATA_DIR_UNUSABLE where this user may not use the data; GATEWAY_UNREACHABLE where a gateway has it but does not answer
 */
export async function atOperatorsPlace<T>(
  shell: Shell,
  { dataDir, isReading = false }: { dataDir: string; isReading?: boolean | undefined },
  { running, resting }: { running: (gateway: RunningGateway) => Promise<T>; resting: () => Promise<T> },
): Promise<T> {
  if (isReading && !existsSync(dataDir)) return await resting();
  const deadlineMs = performance.now() + BETWEEN_MS;
  for (;;) {
    const gateway = await runningGateway(shell, dataDir);
    if (gateway) return await running(gateway);
    const done = await restingOnly(dataDir, resting);
    if (done) return done.result;
    if (performance.now() > deadlineMs) {
      throw new GatewayError(
        'GATEWAY_UNREACHABLE',
        `A gateway has the data folder ${dataDir} in use, but it does not answer: if it hangs, end it and try again.`,
      );
    }
    await delay(POLL_MS);
  }
}

async function restingOnly<T>(dataDir: string, resting: () => Promise<T>): Promise<{ result: T } | undefined> {
  try {
    await makeFolder(dataDir);
    return await withAccountsLock(dataDir, async () => {
      // A gateway that starts now waits for the lock; one that runs has its database open.
      if (await isOpenElsewhere(join(dataDir, 'state'))) return undefined;
      await settleLocked(dataDir);
      // Refuses data of a later gateway.
      await dataVersionOf(dataDir);
      return { result: await resting() };
    });
  } catch (error) {
    throw unusable(dataDir, error);
  }
}

/** Where this machine reaches a gateway that listens so. */
export function urlHere({ host, port }: { host: string; port: number }): string {
  return `ws://${hostInUrl(isEveryAddress(host) ? '127.0.0.1' : host)}:${port}`;
}

/** The gateway that runs, or was killed, with this data folder; undefined where none did. */
export async function lastGateway(dataDir: string): Promise<RunningGateway | undefined> {
  const running = await readRunningFile(dataDir);
  const secret = await operatorSecret(dataDir);
  return running === undefined || secret === undefined ? undefined : { url: urlHere(running.http), secret };
}

/** The gateway that runs with this data folder; undefined where none answers. */
export async function runningGateway(shell: Shell, dataDir: string): Promise<RunningGateway | undefined> {
  const gateway = await lastGateway(dataDir);
  if (gateway === undefined) return undefined;
  const { url, secret } = gateway;
  try {
    const facts = (await askGateway(shell, url, 'GET', '/operator', { secret })) as OperatorFacts;
    return facts.dataDir === undefined ? undefined : gateway;
  } catch (error) {
    // It was killed and another program, perhaps another gateway, has its port now.
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

/** The secret that a gateway wrote into this folder at its last start; undefined where there is none. */
async function operatorSecret(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDir, OPERATOR_SECRET_FILE), 'utf8')).trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unusable(dataDir, error);
  }
}

/** A fault of the system as the command tells it; other errors stay as they are. */
function unusable(dataDir: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof GatewayError || code === undefined) return error;
  return new GatewayError(
    'DATA_DIR_UNUSABLE',
    `The data folder ${dataDir} cannot be used (${message}): run this as the user that the gateway runs as.`,
    { cause: error },
  );
}
