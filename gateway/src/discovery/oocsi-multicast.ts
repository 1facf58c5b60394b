import { createSocket, type Socket } from 'node:dgram';
import type { Clock } from '../common/clock.ts';
import { outsideAddresses } from '../common/own-addresses.ts';

// Where OOCSI's Java client listens when it is asked to look for a server; it waits ten seconds for a datagram.
const GROUP = '224.0.0.144';
const PORT = 4448;
const EVERY_MS = 5000;

/** What its Java client takes for the address of a server, which can only be IPv4: it parts the text at its one colon. */
export function announcementOf(address: string, port: number): string {
  return `OOCSI@${address}:${port}`;
}

/**
 * Sends on every network that this machine is in, every five seconds, where OOCSI is spoken.
 *
 * @param address the one that it is spoken at; undefined: all
 * @returns what ends it
 */
export function announceOocsi(
  { port, address }: { port: number; address: string | undefined },
  clock: Clock,
): () => void {
  const sockets = new Map<string, Socket>();
  const tell = (): void => {
    const addresses = outsideAddresses().filter((own) => address === undefined || own === address);
    for (const [own, socket] of sockets) {
      if (addresses.includes(own)) continue;
      socket.close();
      sockets.delete(own);
    }
    for (const own of addresses) {
      const socket = sockets.get(own) ?? open(own);
      socket.send(announcementOf(own, port), PORT, GROUP, () => {});
    }
  };
  /** One for each address, as a socket sends to a group by one network only. */
  const open = (own: string): Socket => {
    const socket = createSocket('udp4');
    // A network that has just gone; the next look sees that.
    socket.on('error', () => {
      if (sockets.get(own) === socket) sockets.delete(own);
      socket.close();
    });
    socket.bind({ address: own, port: 0 });
    sockets.set(own, socket);
    return socket.unref();
  };
  tell();
  const end = clock.every(EVERY_MS, tell);
  return () => {
    end();
    for (const socket of sockets.values()) socket.close();
  };
}
