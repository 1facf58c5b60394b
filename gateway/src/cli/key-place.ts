import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../app/config.ts';
import { GatewayError } from '../common/errors.ts';
import { OSS_PORT } from '../config/schema.ts';
import type { OperatorFacts } from '../web/operator-route.ts';
import { askGateway } from './ask-gateway.ts';
import { URL_VARIABLE } from './gateway-url.ts';
import { placeConfig, urlHere } from './operator-place.ts';
import { type ReachOptions, reachOf } from './reach.ts';
import { callOf, type Shell, warn } from './shell.ts';

export type KeyPlaceOptions = Omit<ReachOptions, 'account'>;

/** Where a gateway keeps its access keys, and where their clients come in. */
export interface KeyPlace {
  dataDir: string;
  bucket: string;
  /** Undefined where the running gateway has that port closed. */
  oss: { host: string; port: number } | undefined;
  /** The scheme of the endpoint's address: `https` where that port takes TLS only. */
  scheme: 'http' | 'https';
  /** Whether a gateway runs, or has run, with that folder. */
  isUsed: boolean;
}

/**
 * The place of the gateway that is meant: the folder that was named; else that of the gateway that runs; else that of the
 * configuration. What is not as the person may think is said.
 *
 * @throws GatewayError where the configuration is wrong, or the gateway that `--url` names cannot be asked
 */
export async function keyPlace(shell: Shell, options: KeyPlaceOptions): Promise<KeyPlace> {
  const { dataDir: named } = options;
  const config = placeConfig(shell, options);
  const { host, port = OSS_PORT, bucket } = config.oss;
  const scheme = config.tls.required.includes('oss') ? 'https' : 'http';
  const facts = named === undefined ? await factsOf(shell, options, config) : undefined;
  if (!facts) {
    const isUsed = existsSync(join(config.dataDir, 'state'));
    if (!isUsed) {
      warn(
        shell,
        `No gateway has run with the data folder ${config.dataDir} yet: start it with that one, or use --data-dir.`,
      );
    }
    return { dataDir: config.dataDir, bucket, oss: { host, port }, scheme, isUsed };
  }
  if (!existsSync(facts.dataDir)) {
    throw new GatewayError(
      'DATA_DIR_UNUSABLE',
      `The gateway says that its data is in ${facts.dataDir}, which is not to be seen here: run "${callOf(shell.env, 'oss-keys')}" where the gateway runs, and as its user.`,
    );
  }
  if (facts.dataDir !== config.dataDir) warn(shell, `The gateway that runs has its data in ${facts.dataDir}.`);
  return { dataDir: facts.dataDir, bucket: facts.bucket, oss: facts.oss ?? undefined, scheme, isUsed: true };
}

/** What the gateway that runs says of itself; undefined where none does, and nobody named one. */
async function factsOf(shell: Shell, options: KeyPlaceOptions, { http }: Config): Promise<OperatorFacts | undefined> {
  const { config, dataDir, url } = options;
  const named = url ?? (shell.env[URL_VARIABLE] || undefined);
  try {
    // The account of a key is not the one by which the command proves itself.
    const reach = await reachOf(shell, { config, dataDir, url });
    const address = named === undefined && reach.secret === undefined ? urlHere(http) : reach.url;
    return (await askGateway(shell, address, 'GET', '/operator', reach)) as OperatorFacts;
  } catch (error) {
    if (url !== undefined || !(error instanceof GatewayError) || error.code === 'CALL_INVALID') throw error;
    // A gateway is there, on another machine.
    if (named !== undefined && error.code === 'PEER_NOT_ALLOWED') throw error;
    return undefined;
  }
}
