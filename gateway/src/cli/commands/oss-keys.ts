import { AccountError } from '../../access/account-book.ts';
import { GatewayError } from '../../common/errors.ts';
import { isLoopback } from '../../common/loopback.ts';
import { printable } from '../../common/printable.ts';
import { OSS_PORT } from '../../config/schema.ts';
import type { OssKeys } from '../../web/api/oss-keys.ts';
import { type KeyPlaceOptions, keyPlace } from '../key-place.ts';
import { callOf, EXIT, type Shell, say, UsageError, warn } from '../shell.ts';
import { sayTable } from '../table.ts';

export type OssKeysOptions = KeyPlaceOptions;

export interface OssKeysCreateOptions extends OssKeysOptions {
  account?: string;
  prefix?: string;
  s3?: boolean;
}

/** `crosscomm oss-keys create`: a new key, as the variables that a client such as pywayne reads, or with `--s3` those that clients of S3 do. */
export async function ossKeysCreate(shell: Shell, name: string, options: OssKeysCreateOptions): Promise<number> {
  // The account is the key's here, not whose password the command would ask for.
  const { account, prefix, s3, ...where } = options;
  const { desk, hostOf } = await keyPlace(shell, where);
  const { id, secret, bucket, listener } = await asked(desk.create({ name, account, prefix }));
  const { host, port, tls } = listener ?? { host: '127.0.0.1', port: OSS_PORT };
  const endpoint = `${tls === 'required' ? 'https' : 'http'}://${hostOf(host)}:${port}`;
  const variables = s3 ? variablesOfS3 : variablesOfOss;
  for (const [variable, value] of variables({ endpoint, bucket, id, secret }))
    say(shell, `export ${variable}=${value}`);
  if (listener === null) warn(shell, `The gateway has no port for OSS clients, as ${OSS_PORT} is taken: set oss.port.`);
  else if (isLoopback(host))
    warn(shell, `Only programs on the gateway's machine reach ${host}; set oss.host to let others in.`);
  if (port === 0)
    warn(shell, 'The port is known when the gateway is ready, as oss.port is 0: put it in place of the 0.');
  return EXIT.fine;
}

interface KeyFacts {
  endpoint: string;
  bucket: string;
  id: string;
  secret: string;
}

function variablesOfOss({ endpoint, bucket, id, secret }: KeyFacts): [variable: string, value: string][] {
  return [
    ['OSS_ENDPOINT', endpoint],
    ['OSS_BUCKET_NAME', bucket],
    ['OSS_ACCESS_KEY_ID', id],
    ['OSS_ACCESS_KEY_SECRET', secret],
  ];
}

/** The region may be any, but most clients refuse to have none; some read it, and the bucket, from the one variable, and some from the other. */
function variablesOfS3({ endpoint, bucket, id, secret }: KeyFacts): [variable: string, value: string][] {
  return [
    ['AWS_ENDPOINT_URL', endpoint],
    ['AWS_REGION', 'us-east-1'],
    ['AWS_DEFAULT_REGION', 'us-east-1'],
    ['AWS_BUCKET', bucket],
    ['AWS_ACCESS_KEY_ID', id],
    ['AWS_SECRET_ACCESS_KEY', secret],
  ];
}

/** `crosscomm oss-keys list`. */
export async function ossKeysList(shell: Shell, options: OssKeysOptions & { json?: boolean }): Promise<number> {
  const { desk, isUsed } = await keyPlace(shell, options);
  const { keys } = await desk.list();
  if (options.json) {
    for (const { id, name, createdMs, account, prefix } of keys) {
      say(shell, JSON.stringify({ id, name, account, prefix, created: time(createdMs) }));
    }
  } else if (keys.length === 0) {
    // A key made in a folder that no gateway uses would be of no use.
    const how = isUsed ? `; ${callOf(shell.env, 'oss-keys create')} makes one` : '';
    say(shell, `There is no key yet${how}.`);
  } else {
    const row = ({ id, name, createdMs, account, prefix }: OssKeys['keys'][number]): string[] => {
      return [id, time(createdMs), printable(account ?? '-'), printable(prefix ?? '-'), printable(name)];
    };
    sayTable(shell, ['ID', 'CREATED', 'ACCOUNT', 'PREFIX', 'NAME'], keys.map(row));
  }
  return EXIT.fine;
}

/** `crosscomm oss-keys revoke`. */
export async function ossKeysRevoke(shell: Shell, id: string, options: OssKeysOptions): Promise<number> {
  const { desk } = await keyPlace(shell, options);
  if (await desk.revoke(id)) {
    say(shell, `Revoked ${id}.`);
    return EXIT.fine;
  }
  throw new UsageError(
    `There is no key ${printable(id)}; ${callOf(shell.env, 'oss-keys list')} shows those that there are.`,
  );
}

/** Says as a fault of the call what cannot be, whoever found that out. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const isOfTheCall = error instanceof GatewayError ? error.code === 'PEER_MALFORMED' : error instanceof AccountError;
    throw isOfTheCall ? new UsageError((error as Error).message) : error;
  }
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
