import { networkInterfaces } from 'node:os';
import { CrossCommError } from './error.ts';
import type { FindOptions, FoundGateway } from './found-gateway.ts';

const TYPE = 'crosscomm';
const DEFAULT_TIMEOUT_MS = 2000;

/**
 * The gateways that announce themselves in the networks of this machine (mDNS, DNS-SD), by name. One that listens for its own machine only announces
 * nothing.
 *
 * @throws CrossCommError `not_supported` where this machine does not let mDNS be used
 */
export async function findGateways({ timeoutMs = DEFAULT_TIMEOUT_MS }: FindOptions = {}): Promise<FoundGateway[]> {
  const { Bonjour } = await import('bonjour-service');
  const found = new Map<string, FoundGateway>();
  let failure: unknown;
  // It sends by one network only, so there is one for each.
  const browsers = outsideAddresses().map((address) => {
    const bonjour = new Bonjour(socketOptions(address), (error: unknown) => {
      failure = error;
    });
    bonjour.find({ type: TYPE }, (service) => {
      const gateway = gatewayOf(service);
      found.set(`${gateway.name} ${gateway.host} ${gateway.port}`, gateway);
    });
    return bonjour;
  });
  await new Promise((resolve) => setTimeout(resolve, timeoutMs));
  await Promise.all(browsers.map((bonjour) => new Promise<void>((resolve) => bonjour.destroy(() => resolve()))));
  if (found.size === 0 && failure !== undefined) {
    throw new CrossCommError('not_supported', `The network cannot be searched: ${String(failure)}`, { cause: failure });
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

interface Announced {
  name: string;
  host: string;
  port: number;
  addresses?: string[];
  txt?: Record<string, string>;
  referer?: { address: string };
}

function gatewayOf({ name, host: hostName, port, addresses = [], txt = {}, referer }: Announced): FoundGateway {
  // It may have addresses of networks that this machine is not in; the one that it answered from is of one that both are in.
  const answered = addresses.find((address) => address === referer?.address);
  const host = answered ?? addresses.find((address) => address.includes('.')) ?? hostName;
  const { version, tls } = txt;
  return { name, host, port, hostName, version, tls: tls === 'accepted' || tls === 'required' ? tls : 'no' };
}

/** Sends by the network of this address, and hears what is sent to the group from anywhere; the library's types do not know these options of its socket. */
function socketOptions(address: string): object {
  return { interface: address, bind: '0.0.0.0' };
}

function outsideAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}
