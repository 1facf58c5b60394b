import type { Guard } from '../access/guard.ts';
import { GatewayError } from '../common/errors.ts';
import { type BaseConfig, OSS_PORT } from '../config/schema.ts';
import type { Objects } from '../objects/objects.ts';
import { createOssEndpoint, type WrongSignature } from '../oss/endpoint.ts';
import type { AccountRights } from '../oss/key-rights.ts';
import type { SessionContext } from '../protocols/context.ts';
import { type Descriptors, guardHttp } from '../transports/descriptors.ts';
import { type Address, listen } from '../transports/listen.ts';
import type { OnClose } from './closers.ts';
import type { RunningTls } from './tls.ts';
import { takeTlsToo, withTls } from './tls-ports.ts';

export interface OssOptions {
  config: BaseConfig;
  context: SessionContext;
  objects: Objects;
  descriptors: Descriptors;
  tls: RunningTls | undefined;
  /** Slows those who try signatures. */
  guard: Guard;
}

/** Opens the port for clients of OSS; undefined where the configuration names no port and the usual one is not free. */
export async function openOss(options: OssOptions, onClose: OnClose): Promise<Address | undefined> {
  const { config, context, objects, descriptors } = options;
  const { oss, dataDir, limits } = config;
  const { clock, incidents, metrics } = context;
  const log = context.log.child({ door: 'oss' });
  const endpoint = await createOssEndpoint({
    ...oss,
    store: objects.store,
    readFor: (who) => objects.readFor(who),
    clock,
    incidents,
    log,
    dataDir,
    rightsOf: (account, peer) => rightsOf(context, account, peer),
    wrongSignature: (wrong) => slowed(options.guard, wrong),
    isTlsOnly: config.tls.required.includes('oss'),
    maxConnections: limits.maxConnections,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
  });
  onClose(() => endpoint.close());
  takeTlsToo(endpoint.server, 'oss', options, onClose);
  guardHttp(endpoint.server, { descriptors, listener: 'oss', incidents }, metrics);
  try {
    const at = { host: oss.host, port: oss.port ?? OSS_PORT, listener: 'oss' };
    return withTls(await listen(endpoint.server, at), options, 'oss');
  } catch (error) {
    // Whoever does not know of this listener should not have to move it to start a second gateway.
    if (oss.port !== undefined || !(error instanceof GatewayError) || error.code !== 'DOOR_PORT_IN_USE') throw error;
    log.warn({}, `${error.message} Until then it stays closed.`);
    return undefined;
  }
}

/** What an account may do with objects, until `close`. */
export function rightsOf(
  { access }: Pick<SessionContext, 'access'>,
  account: string,
  peer: string,
): AccountRights | undefined {
  const principal = access.byKey({ account, peer });
  if (principal === undefined) return undefined;
  return {
    isValid: () => !principal.isRevoked,
    mayRead: (key) => access.mayRead(principal, key),
    mayReadBelow: (prefix) => principal.rights.mayBelow('read', prefix),
    mayUpload: (key) => access.mayUpload(principal, key),
    spend: (bytes) => access.quotas.upload(principal, bytes)?.why,
    // So that changes of accounts and roles reach it.
    close: access.watch(principal, () => {}),
  };
}

/** Waits as long as a wrong signature has to; false if that is longer than anybody waits. */
export async function slowed(guard: Guard, { keyId, account, address, isGone }: WrongSignature): Promise<boolean> {
  const claim = { protocol: 'oss', account: keyId, peer: address, isGone };
  const wrong = { reason: 'password', why: 'the signature is wrong' } as const;
  return (await guard.check(claim, account, () => wrong, 'signature')).reason !== 'busy';
}
