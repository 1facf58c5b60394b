import { GatewayError } from '../../common/errors.ts';
import { isLoopback } from '../../common/loopback.ts';
import { printable } from '../../common/printable.ts';
import { OSS_PORT } from '../../config/schema.ts';
import { type AccessKey, AccessKeys } from '../../oss/access-keys.ts';
import { accountsFile } from '../../storage/accounts-file.ts';
import { reachable } from '../addresses.ts';
import { type KeyPlace, type KeyPlaceOptions, keyPlace } from '../key-place.ts';
import { callOf, EXIT, type Shell, say, UsageError, warn } from '../shell.ts';
import { sayTable } from '../table.ts';

export type OssKeysOptions = KeyPlaceOptions;

export interface OssKeysCreateOptions extends OssKeysOptions {
  account?: string;
  prefix?: string;
}

/** `crosscomm oss-keys create`: a new key, as the four variables that a client such as pywayne reads. */
export async function ossKeysCreate(shell: Shell, name: string, options: OssKeysCreateOptions): Promise<number> {
  // The account is the key's here, not whose password the command would ask for.
  const { account, prefix, ...where } = options;
  const place = await keyPlace(shell, where);
  if (account !== undefined) await checkAccount(shell, place, account);
  const key = await use(place, (keys) => keys.create(name, Date.now(), { account, prefix }));
  const { host, port } = place.oss ?? { host: '127.0.0.1', port: OSS_PORT };
  say(shell, `export OSS_ENDPOINT=${place.scheme}://${reachable(host)}:${port}`);
  say(shell, `export OSS_BUCKET_NAME=${place.bucket}`);
  say(shell, `export OSS_ACCESS_KEY_ID=${key.id}`);
  say(shell, `export OSS_ACCESS_KEY_SECRET=${key.secret}`);
  if (place.oss === undefined)
    warn(shell, `The gateway has no port for OSS clients, as ${OSS_PORT} is taken: set oss.port.`);
  else if (isLoopback(host)) warn(shell, `Only programs on this machine reach ${host}; set oss.host to let others in.`);
  if (port === 0)
    warn(shell, 'The port is known when the gateway is ready, as oss.port is 0: put it in place of the 0.');
  return EXIT.fine;
}

/** `crosscomm oss-keys list`. */
export async function ossKeysList(shell: Shell, options: OssKeysOptions & { json?: boolean }): Promise<number> {
  const place = await keyPlace(shell, options);
  const keys = await use(place, (each) => each.list());
  if (options.json) {
    for (const { id, name, createdMs, account = null, prefix = null } of keys) {
      say(shell, JSON.stringify({ id, name, account, prefix, created: time(createdMs) }));
    }
  } else if (keys.length === 0) {
    // A key made in a folder that no gateway uses would be of no use.
    const how = place.isUsed ? `; ${callOf(shell.env, 'oss-keys create')} makes one` : '';
    say(shell, `There is no key yet${how}.`);
  } else {
    const row = ({ id, name, createdMs, account = '-', prefix = '' }: AccessKey): string[] => {
      return [id, time(createdMs), printable(account), printable(prefix || '-'), printable(name)];
    };
    sayTable(shell, ['ID', 'CREATED', 'ACCOUNT', 'PREFIX', 'NAME'], keys.map(row));
  }
  return EXIT.fine;
}

/** `crosscomm oss-keys revoke`. */
export async function ossKeysRevoke(shell: Shell, id: string, options: OssKeysOptions): Promise<number> {
  if (await use(await keyPlace(shell, options), (keys) => keys.revoke(id))) {
    say(shell, `Revoked ${id}.`);
    return EXIT.fine;
  }
  throw new UsageError(
    `There is no key ${printable(id)}; ${callOf(shell.env, 'oss-keys list')} shows those that there are.`,
  );
}

/** A key of an account that is not there could do nothing, and who has mistyped it should know. */
async function checkAccount(shell: Shell, { dataDir }: KeyPlace, account: string): Promise<void> {
  const accounts = await accountsFile(dataDir).load();
  if (accounts.some(({ name }) => name === account)) return;
  const how = callOf(shell.env, `account add ${account}`);
  throw new UsageError(`There is no account ${printable(account)}; ${how} makes one.`);
}

async function use<Result>({ dataDir }: KeyPlace, action: (keys: AccessKeys) => Promise<Result>): Promise<Result> {
  try {
    return await action(new AccessKeys(dataDir));
  } catch (error) {
    throw new GatewayError(
      'DATA_DIR_UNUSABLE',
      `The access keys in ${dataDir} cannot be used (${(error as Error).message}): run this as the user that the gateway runs as.`,
      { cause: error },
    );
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
