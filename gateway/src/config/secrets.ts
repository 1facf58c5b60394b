import { GatewayError } from '../common/errors.ts';

/** The environment variable with the users of OOCSI's private handles: `name:password,name2:password2`. */
export const OOCSI_USERS = 'CROSSCOMM_OOCSI_USERS';

/** What the environment says of the OSS that objects are kept in; the names are those that pywayne's clients read. */
export interface OssVariables {
  endpoint?: string | undefined;
  bucket?: string | undefined;
  accessKeyId?: string | undefined;
  accessKeySecret?: string | undefined;
}

/** What the environment says of the S3 store that objects are kept in; the names are those that the clients of AWS read. */
export interface S3Variables {
  endpoint?: string | undefined;
  region?: string | undefined;
  accessKeyId?: string | undefined;
  secretAccessKey?: string | undefined;
  /** Of temporary keys. */
  sessionToken?: string | undefined;
}

/** An empty variable is as good as none. */
export function s3Variables(env: NodeJS.ProcessEnv): S3Variables {
  return {
    endpoint: env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined,
    region: env.AWS_REGION || env.AWS_DEFAULT_REGION || undefined,
    accessKeyId: env.AWS_ACCESS_KEY_ID || undefined,
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY || undefined,
    sessionToken: env.AWS_SESSION_TOKEN || undefined,
  };
}

/** The same for OSS. */
export function ossVariables(env: NodeJS.ProcessEnv): OssVariables {
  return {
    endpoint: env.OSS_ENDPOINT || undefined,
    bucket: env.OSS_BUCKET_NAME || undefined,
    accessKeyId: env.OSS_ACCESS_KEY_ID || undefined,
    accessKeySecret: env.OSS_ACCESS_KEY_SECRET || undefined,
  };
}

/** The environment variable with the password of a bridge: of `my-house` it is `CROSSCOMM_BRIDGE_MY_HOUSE_PASSWORD`. */
export function bridgeVariable(name: string): string {
  return `CROSSCOMM_BRIDGE_${name.toUpperCase().replaceAll('-', '_')}_PASSWORD`;
}

/** The passwords of bridges that the environment says, by the name of the bridge. */
export function bridgePasswords(
  env: NodeJS.ProcessEnv,
  bridges: readonly { readonly name: string }[],
): ReadonlyMap<string, string> {
  const passwords = bridges.map(({ name }) => [name, env[bridgeVariable(name)] ?? ''] as const);
  return new Map(passwords.filter(([, password]) => password !== ''));
}

/**
 * The users of OOCSI's private handles, by name. There is no default: without the variable nobody is one.
 *
 * @throws GatewayError CONFIG_INVALID where an entry is not `name:password`; the message never shows a password
 */
export function oocsiUsers(env: NodeJS.ProcessEnv): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  const entries = (env[OOCSI_USERS] ?? '').split(',');
  for (const [index, entry] of entries.entries()) {
    if (entry.trim() === '') continue;
    const colon = entry.indexOf(':');
    const name = entry.slice(0, Math.max(colon, 0)).trim();
    const password = entry.slice(colon + 1);
    const wrong = problemOf(users, colon, name, password);
    if (wrong) {
      throw new GatewayError(
        'CONFIG_INVALID',
        `Entry ${index + 1} of the environment variable ${OOCSI_USERS} ${wrong}: write name:password, several with commas between.`,
      );
    }
    users.set(name, password);
  }
  return users;
}

function problemOf(
  users: ReadonlyMap<string, string>,
  colon: number,
  name: string,
  password: string,
): string | undefined {
  if (colon < 0) return 'has no colon';
  if (name === '' || /\s/.test(name)) return 'needs a name without blanks before its colon';
  if (password === '') return 'has no password';
  return users.has(name) ? 'has the name of an entry before it' : undefined;
}
