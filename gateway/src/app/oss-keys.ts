import { AccountError } from '../access/account-book.ts';
import type { Clock } from '../common/clock.ts';
import { GatewayError } from '../common/errors.ts';
import { type AccessKey, AccessKeys } from '../oss/access-keys.ts';
import type { OssKeyDesk, OssKeys } from '../web/api/oss-keys.ts';

/** Each is a file, and the list reads all of them. */
const MAX_KEYS = 1000;

/** What the keys of a gateway are made for. */
export interface OssKeyParts {
  dataDir: string;
  bucket: string;
  clock: Pick<Clock, 'now'>;
  isAccount(name: string): boolean | Promise<boolean>;
  /** Where OSS clients come in; null where that port is closed. */
  listener(): OssKeys['listener'];
}

/** The access keys in a data folder, whether a gateway runs with it or not. Methods reject with a GatewayError DATA_DIR_UNUSABLE, too. */
export function ossKeyDesk({ dataDir, bucket, clock, isAccount, listener }: OssKeyParts): OssKeyDesk {
  const keys = new AccessKeys(dataDir);
  const use = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (cause) {
      if (cause instanceof AccountError) throw cause;
      const why = `cannot be used (${(cause as Error).message}): run this as the user that the gateway runs as`;
      throw new GatewayError('DATA_DIR_UNUSABLE', `The access keys in ${dataDir} ${why}.`, { cause });
    }
  };
  return {
    list: () => use(async () => ({ keys: (await keys.list()).map(viewOf), bucket, listener: listener() })),
    create: ({ name, account, prefix }) =>
      use(async () => {
        // A key of an account that is not there could do nothing, and who has mistyped it should know.
        if (account !== undefined && !(await isAccount(account))) {
          throw new AccountError('invalid', `There is no account ${account}.`);
        }
        if ((await keys.list()).length >= MAX_KEYS) {
          throw new AccountError(
            'invalid',
            `There are ${MAX_KEYS} access keys, the most that there may be: revoke one.`,
          );
        }
        const key = await keys.create(name, clock.now(), { account, prefix });
        return { ...viewOf(key), secret: key.secret, bucket, listener: listener() };
      }),
    revoke: (id) => use(() => keys.revoke(id)),
  };
}

function viewOf({ id, name, account, prefix, createdMs }: Omit<AccessKey, 'secret'>): OssKeys['keys'][number] {
  return { id, name, account: account ?? null, prefix: prefix ?? null, createdMs };
}
