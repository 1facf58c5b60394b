import { createSocket, type RemoteInfo } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Log } from '../observability/log.ts';
import { type Address, explainListen } from './listen.ts';

/** A machine and port that packets come from or go to. */
export type UdpPeer = Pick<RemoteInfo, 'address' | 'port'>;

export interface UdpOptions {
  host: string;
  /** 0 asks for a free one. */
  port: number;
  /** The configuration key of the listener. */
  door: string;
  /** How many bytes may wait to be sent; what is beyond is refused. */
  maxQueueBytes: number;
  log: Log;
  /** One packet, which may be empty. The bytes are the receiver's own. What it throws is logged as a fault of ours. */
  receive(packet: Buffer, from: UdpPeer): void;
}

export interface UdpListener {
  /** Where it really listens. */
  readonly address: Address;
  /** Queues one packet. False: too much waits, or it is closed, and nothing was queued. */
  send(packet: Uint8Array, to: UdpPeer): boolean;
  /** Sends what is queued, and lets nothing in any more. */
  close(): Promise<void>;
}

/** Opens a UDP port. Throws GatewayError as `listen` does. */
export async function openUdpListener(options: UdpOptions): Promise<UdpListener> {
  const { host, port, door, maxQueueBytes, log } = options;
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  let closed = false;
  socket.on('message', (packet, { address, port }) => {
    try {
      options.receive(packet, { address, port });
    } catch (error) {
      const context = { code: 'INTERNAL' as const, door, peer: `${address}:${port}`, err: error };
      log.error(context, 'A packet was left out because of a fault in the gateway.');
    }
  });
  const bound = await new Promise<Address>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      socket.close();
      reject(explainListen(error, { host, port, door }));
    };
    socket.once('error', onError);
    // `exclusive`: in a cluster no two processes share it.
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off('error', onError);
      resolve({ host, port: socket.address().port });
    });
  });
  // A peer whose port is closed is none of our faults: the system tells the next call of it.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (log.debugging) log.debug({ door, code: error.code }, 'A UDP socket reported an error.');
  });
  return {
    address: bound,
    send(packet, to) {
      if (closed || socket.getSendQueueSize() + packet.length > maxQueueBytes) return false;
      socket.send(packet, to.port, to.address, (error) => {
        if (error && log.debugging) log.debug({ door, err: error }, 'A packet was not sent.');
      });
      return true;
    },
    close() {
      closed = true;
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}
