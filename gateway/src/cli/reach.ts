import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { isLoopback } from '../common/loopback.ts';
import { ownAddresses } from '../common/own-addresses.ts';
import { gatewayUrl, URL_VARIABLE } from './gateway-url.ts';
import { lastGateway, type PlaceOptions, placeConfig, type RunningGateway } from './operator-place.ts';
import { askLine, isInteractive } from './secret-input.ts';
import { type Shell, UsageError } from './shell.ts';

/** The environment variables with a token or password, and with the file that holds one: others see no flag of the command. */
export const TOKEN_VARIABLE = 'CROSSCOMM_TOKEN';
export const TOKEN_FILE_VARIABLE = 'CROSSCOMM_TOKEN_FILE';

export interface ReachOptions extends PlaceOptions {
  /** The gateway, as the person wrote it. */
  url?: string | undefined;
  /** The account whose password or token it is. */
  account?: string | undefined;
}

/** By which credential a command proves itself, if any. */
export interface Credential {
  /** undefined: the secret is a token, which says itself whose it is. */
  account?: string | undefined;
  secret?: string | undefined;
}

/** Where a running gateway is, and how the command proves itself to it. */
export interface Reach extends Credential {
  /** As `gatewayUrl` gives it. */
  url: string;
  /** The authority of a gateway of this machine that is reached over TLS, PEM; undefined: it is known anyway, or not here. */
  ca?: string | undefined;
}

/**
 * The gateway that is meant: the one that was named, else the one that runs with the data folder of the configuration. A command proves
 * itself with the token that it was given, or with the operator's secret where that can be read: on the gateway's machine, by its user.
 * `prefers`: which of the two, where there are both.
 *
 * @throws UsageError where the address is none, or the token cannot be read
 */
export async function reachOf(
  shell: Shell,
  options: ReachOptions,
  prefers: 'operator' | 'token' = 'operator',
): Promise<Reach> {
  const given = await givenCredential(shell, options);
  const named = options.url ?? (shell.env[URL_VARIABLE] || undefined);
  const url = named === undefined ? undefined : gatewayUrl(named, shell.env);
  const ca = url?.startsWith('wss:') ? await authorityHere(shell, options, new URL(url)) : undefined;
  if (url !== undefined && (new URL(url).password !== '' || (given !== undefined && prefers === 'token'))) {
    return { url, ca, ...given };
  }
  const local = await localGateway(shell, options);
  const there = url ?? local?.url ?? gatewayUrl(undefined, shell.env);
  const own = local !== undefined && isSame(there, local.url) ? { secret: local.secret } : undefined;
  return { url: there, ca, ...(prefers === 'token' ? (given ?? own) : (own ?? given)) };
}

/**
 * For a command that works on the machine of a gateway alone: throws a UsageError where `CROSSCOMM_URL` names one of another machine, and no
 * flag one of this, as the command would be about a gateway that nobody meant.
 *
 * @param instead what works from here, as a sentence
 */
export function mustBeHere(shell: Shell, options: PlaceOptions, instead: string): void {
  const named = namedElsewhere(shell, options);
  if (named === undefined) return;
  const { hostname: host, protocol, port } = named;
  throw new UsageError(
    `${URL_VARIABLE} names the gateway at ${protocol}//${host}:${port}, and this works on the machine of a gateway alone: run it there. ` +
      `For one of this machine, use --data-dir or --config. ${instead}`,
  );
}

/** The gateway of another machine that CROSSCOMM_URL names, where no flag names one of this; undefined: none. */
export function namedElsewhere({ env }: Shell, { config, dataDir }: PlaceOptions): URL | undefined {
  const named = env[URL_VARIABLE] || undefined;
  if (named === undefined || config !== undefined || dataDir !== undefined) return undefined;
  const url = new URL(gatewayUrl(named, env));
  return isOfThisMachine(url.hostname) || isNameOfThisMachine(url.hostname) ? undefined : url;
}

/** The authority of the gateway with the data folder that is meant, where the address is one of this machine's. */
async function authorityHere(
  shell: Shell,
  options: PlaceOptions,
  { hostname: host }: URL,
): Promise<string | undefined> {
  if (!isOfThisMachine(host) && !isNameOfThisMachine(host)) return undefined;
  try {
    const { dataDir, tls } = placeConfig(shell, options);
    // Only who asks over TLS waits for these.
    const { OwnCertificates } = await import('../storage/own-certificates.ts');
    const { authorityIn } = await import('../app/tls.ts');
    if (tls.certificate !== undefined) return authorityIn(await readFile(tls.certificate, 'utf8'));
    return await new OwnCertificates(dataDir, hostname()).present('authority');
  } catch {
    // Of another user, or broken: then the system knows the authority, or the connection says that it does not.
    return undefined;
  }
}

/** The gateway that runs, or was killed, with the data folder that is meant. */
export async function localGateway(shell: Shell, options: PlaceOptions): Promise<RunningGateway | undefined> {
  const isNamed = options.config !== undefined || options.dataDir !== undefined;
  try {
    return await lastGateway(placeConfig(shell, options).dataDir);
  } catch (error) {
    // A configuration that has faults, and data of another user, matter to those alone who named them.
    if (isNamed) throw error;
    return undefined;
  }
}

/** Whether two addresses are the same gateway's: the secret is shown to no other. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [new URL(one), new URL(other)];
  const portOf = ({ port, protocol }: URL): string => port || (protocol === 'wss:' ? '443' : '80');
  return portOf(first) === portOf(second) && [first, second].every(({ hostname }) => isOfThisMachine(hostname));
}

/** Whether a host of an address is one of this machine. */
export function isOfThisMachine(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '');
  return isLoopback(name) || ownAddresses().includes(name);
}

/** A name that may be another machine's, too: who has it is told no secret. */
function isNameOfThisMachine(host: string): boolean {
  const [name] = hostname().toLowerCase().split('.', 1);
  return host === name || host === `${name}.local`;
}

/** The token or password that the person gave; undefined where there is none. */
export async function givenCredential(
  shell: Shell,
  { account }: Pick<ReachOptions, 'account'>,
): Promise<Credential | undefined> {
  const { env, cwd } = shell;
  let secret = env[TOKEN_VARIABLE] || undefined;
  const file = env[TOKEN_FILE_VARIABLE] || undefined;
  if (secret === undefined && file !== undefined) {
    try {
      secret = readFileSync(resolve(cwd, file), 'utf8').trim();
    } catch (error) {
      throw new UsageError(`${TOKEN_FILE_VARIABLE} cannot be read: ${(error as Error).message}`);
    }
  }
  if (account !== undefined && secret === undefined) {
    if (!isInteractive(shell)) {
      throw new UsageError(
        `Its token or password must be in ${TOKEN_VARIABLE}, or in the file that ${TOKEN_FILE_VARIABLE} names.`,
      );
    }
    secret = await askLine(shell, `Password or token of ${account}: `, { isHidden: true });
  }
  return secret === undefined ? undefined : { account, secret };
}

/** The address with the credential in it, as a WebSocket takes it. */
export function urlWithCredential({ url, account = '-', secret }: Reach): string {
  if (secret === undefined) return url;
  const full = new URL(url);
  full.username = encodeURIComponent(account);
  full.password = encodeURIComponent(secret);
  return full.href;
}
