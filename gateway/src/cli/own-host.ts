import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { outsideAddresses } from '../common/own-addresses.ts';

/** Digits and dots are an address, and never looked up as a name. */
const LIKE_IPV4 = /^[\d.]*$/;

/** Why no listener can be opened at this host, which may be a name, as a sentence; undefined if one can. */
export async function hostFault(host: string): Promise<string | undefined> {
  if ((isIP(host) !== 0 || !LIKE_IPV4.test(host)) && (await canListen(host))) return undefined;
  const others = outsideAddresses().map((address) => `, ${address}`);
  return `This machine has no address "${host}": it has 0.0.0.0 (all of its addresses), 127.0.0.1 (for its own programs only)${others.join('')}.`;
}

/** Whether the system opens a port there, as the gateway will ask it to. */
async function canListen(host: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ host, port: 0 });
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
