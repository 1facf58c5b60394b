import { createSocket, type RemoteInfo } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { Log } from '../common/log.ts';
import { type Address, explainListen } from './listen.ts';
import type { QueueBudget } from './outbox.ts';
import type { Taps } from './taps.ts';

/** A machine and port that packets come from or go to. */
export type UdpPeer = Pick<RemoteInfo, 'address' | 'port'>;

export interface UdpOptions {
  host: string;
  /** 0 asks for a free one. */
  port: number;
  /** The configuration key of the listener. */
  listener: string;
  /** How many bytes may wait to be sent; more are refused. */
  maxQueueBytes: number;
  /** The budget of all that waits to be sent in the whole gateway. */
  budget: QueueBudget;
  log: Log;
  /** Who watches what comes and goes; by default nobody does. */
  taps?: Taps;
  /** Is called with one packet, which may be empty. The bytes belong to the receiver. If it throws, this is logged as `INTERNAL`. */
  receive(packet: Buffer, from: UdpPeer): void;
}

export interface UdpListener {
  /** Where it really listens. */
  readonly address: Address;
  /** Queues one packet; `to.address` is an IP address. False: too much waits, or it is closed, and nothing was queued. */
  send(packet: Uint8Array, to: UdpPeer): boolean;
  /** Receives no more, and drops what was not sent yet. A second call does nothing. */
  close(): Promise<void>;
}

/** What arrives while the gateway does something else waits in the system, as far as that allows so much. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

/** Opens a UDP port. Throws GatewayError as `listen` does. */
export async function openUdpListener(options: UdpOptions): Promise<UdpListener> {
  const { host, port, listener, maxQueueBytes, budget, log, taps } = options;
  const at = await lookup(host).catch((error: NodeJS.ErrnoException) => {
    throw explainListen(error, { host, port, listener });
  });
  const socket = createSocket({
    type: at.family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // Peers are known by their addresses. Looked up later, a packet would be sent in a later turn, and not be counted till then.
    lookup: (address, _options, callback) => callback(null, address, at.family),
  });
  let isClosed = false;
  let charged = 0;
  /** What waits counts in the budget of all. */
  const charge = (): void => {
    const waiting = isClosed ? 0 : socket.getSendQueueSize();
    budget.usedBytes += waiting - charged;
    charged = waiting;
  };
  const onSent = (error: Error | null): void => {
    if (charged > 0) charge();
    if (error && log.debugging) log.debug({ door: listener, err: error }, 'A packet was not sent.');
  };
  socket.on('message', (packet, { address, port }) => {
    try {
      taps?.watcher?.packet(listener, 'in', packet, { address, port });
      options.receive(packet, { address, port });
    } catch (error) {
      const context = { code: 'INTERNAL' as const, door: listener, peer: `${address}:${port}`, err: error };
      log.error(context, 'A packet was left out because of a fault in the gateway.');
    }
  });
  const bound = await new Promise<Address>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      socket.close();
      reject(explainListen(error, { host, port, listener }));
    };
    socket.once('error', onError);
    // `exclusive`: in a cluster no two processes share it.
    socket.bind({ address: at.address, port, exclusive: true }, () => {
      socket.off('error', onError);
      resolve({ host, port: socket.address().port });
    });
  });
  // A peer whose port is closed is none of our faults: the system tells the next call of it.
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (log.debugging) log.debug({ door: listener, code: error.code }, 'A UDP socket reported an error.');
  });
  return {
    address: bound,
    send(packet, to) {
      if (isClosed) return false;
      const waiting = socket.getSendQueueSize();
      if (waiting > 0 && (waiting + packet.length > maxQueueBytes || budget.exhausted)) return false;
      taps?.watcher?.packet(listener, 'out', packet, to);
      socket.send(packet, to.port, to.address, onSent);
      // As a rule the system takes it at once, and nothing waits.
      if (socket.getSendQueueSize() !== charged) charge();
      return true;
    },
    close() {
      if (isClosed) return Promise.resolve();
      isClosed = true;
      charge();
      return new Promise((resolve) => socket.close(() => resolve()));
    },
  };
}
