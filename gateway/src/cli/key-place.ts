import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../app/config.ts';
import { ossKeyDesk } from '../app/oss-keys.ts';
import { systemClock } from '../common/clock.ts';
import { GatewayError } from '../common/errors.ts';
import { hostInUrl } from '../common/host-in-url.ts';
import { OSS_PORT } from '../config/schema.ts';
import { accountsFile } from '../storage/accounts-file.ts';
import type { MadeOssKey, OssKeyDesk, OssKeys } from '../web/api/oss-keys.ts';
import type { OperatorFacts } from '../web/operator-route.ts';
import { isEveryAddress, reachable } from './addresses.ts';
import { askGateway } from './ask-gateway.ts';
import { askApi, gatewayMeant, type MeantOptions } from './gateway-meant.ts';
import { URL_VARIABLE } from './gateway-url.ts';
import { placeConfig, urlHere } from './operator-place.ts';
import { isOfThisMachine, type Reach, reachOf } from './reach.ts';
import { type Shell, warn } from './shell.ts';

export type KeyPlaceOptions = MeantOptions;

/** The access keys of a gateway, and where its OSS clients come in. */
export interface KeyPlace {
  desk: OssKeyDesk;
  /** The host, as an address has it, at which clients reach a listener at `host`. */
  hostOf(host: string): string;
  /** Whether a gateway runs, or has run, with these keys. */
  isUsed: boolean;
}

/**
 * The keys of the gateway that is meant: through its API where it runs, and else in the data folder that was named, or in that of the
 * configuration. What is not as the person may think is said.
 *
 * @throws GatewayError where the configuration is wrong, or the gateway that `--url` names cannot be asked
 */
export async function keyPlace(shell: Shell, options: KeyPlaceOptions): Promise<KeyPlace> {
  const config = placeConfig(shell, options);
  const gateway = (await gatewayMeant(shell, options, config.dataDir)) ?? (await gatewayHere(shell, options, config));
  if (gateway !== undefined) return await running(shell, gateway, config);
  const isUsed = existsSync(join(config.dataDir, 'state'));
  if (!isUsed) {
    warn(
      shell,
      `No gateway has run with the data folder ${config.dataDir} yet: start it with that one, or use --data-dir.`,
    );
  }
  return { desk: atRest(config), hostOf: reachable, isUsed };
}

/** A gateway of this machine with another data folder, such as one in a container, where nothing names one. */
async function gatewayHere(shell: Shell, options: KeyPlaceOptions, { http }: Config): Promise<Reach | undefined> {
  if (options.dataDir !== undefined || shell.env[URL_VARIABLE]) return undefined;
  const gateway = await reachOf(shell, { ...options, url: urlHere(http) });
  return (await factsOf(shell, gateway)) === undefined ? undefined : gateway;
}

async function running(shell: Shell, gateway: Reach, { dataDir }: Config): Promise<KeyPlace> {
  const { hostname } = new URL(gateway.url);
  const desk = remoteDesk(shell, gateway);
  if (!isOfThisMachine(hostname)) {
    return { desk, hostOf: (host) => (isEveryAddress(host) ? hostname : hostInUrl(host)), isUsed: true };
  }
  const facts = await factsOf(shell, gateway);
  if (facts !== undefined && facts.dataDir !== dataDir) {
    warn(shell, `The gateway that runs has its data in ${facts.dataDir}.`);
  }
  return { desk, hostOf: reachable, isUsed: true };
}

/** What a gateway of this machine says of itself; undefined where none answers, or does not say it. */
async function factsOf(shell: Shell, gateway: Reach): Promise<OperatorFacts | undefined> {
  try {
    return (await askGateway(shell, gateway.url, 'GET', '/operator', gateway)) as OperatorFacts;
  } catch (error) {
    if (error instanceof GatewayError) return undefined;
    throw error;
  }
}

function remoteDesk(shell: Shell, gateway: Reach): OssKeyDesk {
  return {
    list: async () => (await askApi(shell, gateway, 'GET', '/oss-keys')) as OssKeys,
    create: async (wanted) => (await askApi(shell, gateway, 'POST', '/oss-keys', wanted)) as MadeOssKey,
    async revoke(id) {
      try {
        await askApi(shell, gateway, 'DELETE', `/oss-keys/${encodeURIComponent(id)}`);
        return true;
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'PEER_NOT_FOUND') return false;
        throw error;
      }
    },
  };
}

function atRest({ dataDir, oss, tls }: Config): OssKeyDesk {
  const { host, port = OSS_PORT, bucket } = oss;
  return ossKeyDesk({
    ...{ dataDir, bucket, clock: systemClock },
    isAccount: async (wanted) => (await accountsFile(dataDir).load()).some(({ name }) => name === wanted),
    listener: () => ({ host, port, ...(tls.required.includes('oss') && { tls: 'required' as const }) }),
  });
}
