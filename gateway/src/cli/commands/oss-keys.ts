import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { printable } from '../../common/printable.ts';
import { loadConfig } from '../../config/load.ts';
import { isLoopback } from '../../config/rules.ts';
import { type Config, OSS_PORT } from '../../config/schema.ts';
import { GatewayError } from '../../errors.ts';
import { type AccessKey, AccessKeys } from '../../objects/oss-endpoint/access-keys.ts';
import { reachable } from '../addresses.ts';
import { configFile } from '../config-file.ts';
import { callOf, EXIT, paintOf, type Shell, say, UsageError, warn } from '../shell.ts';
import { aligned } from '../text.ts';

export interface OssKeysOptions {
  config?: string;
  dataDir?: string;
}

/** `crosscomm oss-keys create`: a new key, as the four variables that a client such as pywayne reads. */
export async function ossKeysCreate(shell: Shell, name: string, options: OssKeysOptions): Promise<number> {
  const config = configOf(shell, options);
  const key = await use(config, (keys) => keys.create(name, Date.now()));
  const { host, port = OSS_PORT, bucket } = config.oss;
  say(shell, `export OSS_ENDPOINT=http://${reachable(host)}:${port}`);
  say(shell, `export OSS_BUCKET_NAME=${bucket}`);
  say(shell, `export OSS_ACCESS_KEY_ID=${key.id}`);
  say(shell, `export OSS_ACCESS_KEY_SECRET=${key.secret}`);
  if (!existsSync(join(config.dataDir, 'state'))) {
    warn(
      shell,
      `No gateway has run with the data folder ${config.dataDir} yet: start it with that one, or use --data-dir.`,
    );
  }
  if (isLoopback(host)) warn(shell, `Only programs on this machine reach ${host}; set oss.host to let others in.`);
  if (port === 0)
    warn(shell, 'The port is known when the gateway is ready, as oss.port is 0: put it in place of the 0.');
  return EXIT.fine;
}

/** `crosscomm oss-keys list`. */
export async function ossKeysList(shell: Shell, options: OssKeysOptions & { json?: boolean }): Promise<number> {
  const keys = await use(configOf(shell, options), (each) => each.list());
  if (options.json) {
    for (const { id, name, createdMs } of keys) say(shell, JSON.stringify({ id, name, created: time(createdMs) }));
  } else if (keys.length === 0) {
    say(shell, `There is no key yet; ${callOf(shell.env, 'oss-keys create')} makes one.`);
  } else {
    const row = ({ id, name, createdMs }: AccessKey): string[] => [id, time(createdMs), printable(name)];
    const [head = '', ...lines] = aligned([['ID', 'CREATED', 'NAME'], ...keys.map(row)]);
    say(shell, paintOf(shell).bold(head));
    for (const line of lines) say(shell, line);
  }
  return EXIT.fine;
}

/** `crosscomm oss-keys revoke`. */
export async function ossKeysRevoke(shell: Shell, id: string, options: OssKeysOptions): Promise<number> {
  if (await use(configOf(shell, options), (keys) => keys.revoke(id))) {
    say(shell, `Revoked ${id}.`);
    return EXIT.fine;
  }
  throw new UsageError(
    `There is no key ${printable(id)}; ${callOf(shell.env, 'oss-keys list')} shows those that there are.`,
  );
}

function configOf(shell: Shell, { config, dataDir }: OssKeysOptions): Config {
  const { file } = configFile(shell, config);
  const overrides = dataDir === undefined ? [] : [{ path: ['dataDir'], value: dataDir, flag: '--data-dir' }];
  return loadConfig({ file, overrides, cwd: shell.cwd });
}

async function use<Result>({ dataDir }: Config, action: (keys: AccessKeys) => Promise<Result>): Promise<Result> {
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
