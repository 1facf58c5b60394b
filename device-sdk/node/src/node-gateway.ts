import { CrossCommError } from './error.ts';
import type { CrossCommOptions } from './options.ts';
import type { OwnGateway } from './platform.ts';
import { DEFAULT_IP, DEFAULT_PORT, serverAddress } from './server-address.ts';

/** What the client needs of @crosscomm/gateway. */
interface GatewayModule {
  startGateway(configuration: object): Promise<{
    doors: {
      /** Where its CrossComm listener is. */
      http: { host: string; port: number };
    };
    stop(): Promise<void>;
  }>;
}

/**
 * Starts a gateway in this process, as the options of a service with the role `server` say.
 *
 * @throws CrossCommError `no_gateway` where @crosscomm/gateway is not installed; what the gateway throws
 */
export async function startGateway({
  ip = DEFAULT_IP,
  port = DEFAULT_PORT,
  heartbeatTimeout,
  gateway = {},
}: CrossCommOptions): Promise<OwnGateway> {
  const section = (name: string): object => (gateway[name] as object | undefined) ?? {};
  const { startGateway: start } = await load();
  const running = await start({
    ...gateway,
    http: { ...section('http'), host: ip, port },
    crosscomm: {
      ...(heartbeatTimeout === undefined ? {} : { heartbeatTimeoutMs: heartbeatTimeout * 1000 }),
      ...section('crosscomm'),
    },
  });
  const { http } = running.doors;
  const host = http.host === '0.0.0.0' || http.host === '::' ? DEFAULT_IP : http.host;
  const address = serverAddress(host.includes(':') ? `[${host}]` : host, http.port, false);
  return { listensAt: http, address, stop: () => running.stop() };
}

async function load(): Promise<GatewayModule> {
  // Not a literal, so that neither the compiler nor a bundler asks for a package that is optional.
  const name = '@crosscomm/gateway';
  try {
    return (await import(name)) as GatewayModule;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    const what =
      'A server needs the gateway, which is in no registry yet: npm install CLONE/gateway, of a built clone.';
    throw new CrossCommError('no_gateway', what, { cause });
  }
}
