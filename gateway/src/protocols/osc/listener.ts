import { GatewayError } from '../../common/errors.ts';
import { isLoopback } from '../../common/loopback.ts';
import { isNearAddress } from '../../common/near-address.ts';
import { ownAddresses } from '../../common/own-addresses.ts';
import { plainAddress } from '../../common/peer-address.ts';
import type { UdpListener } from '../../transports/udp.ts';
import { OscConnection } from './connection.ts';
import type { ListenerHost } from './host.ts';
import { UdpPeers } from './udp-peers.ts';

export interface OscListenerOptions {
  host: string;
  /** 0 asks for one that is free for both. */
  port: number;
  maxPacketBytes: number;
}

const TICK_MS = 1000;
/** How many free ports of UDP are tried, in case another program has the same of TCP. */
const MAX_TRIES = 10;

/** Opens UDP and TCP on one port. Throws GatewayError where that cannot be. */
export async function openOscListener(options: OscListenerOptions, host: ListenerHost): Promise<void> {
  for (let tries = 1; ; tries++) {
    const udp = await openUdp(options, host);
    try {
      await openTcp({ ...options, port: udp.address.port }, host);
      return;
    } catch (error) {
      const isTaken = error instanceof GatewayError && error.code === 'DOOR_PORT_IN_USE';
      if (!isTaken || options.port !== 0 || tries === MAX_TRIES) throw error;
      await udp.close();
    }
  }
}

async function openUdp({ host: address, port }: OscListenerOptions, host: ListenerHost): Promise<UdpListener> {
  const { clock, limits } = host;
  const peers = new UdpPeers(host, {
    maxPeers: limits.maxConnections,
    isNear: isNearAddress,
    isOwn: (address, port) =>
      port === udp.address.port && (isLoopback(address) || ownAddresses().includes(plainAddress(address))),
    send: (packet, address, port) => udp.send(packet, { address, port }),
  });
  const udp: UdpListener = await host.listenUdp({
    host: address,
    port,
    receive: (packet, from) => peers.receive(packet, from.address, from.port),
  });
  host.onClose(clock.every(TICK_MS, () => peers.tick(clock.monotonicMs())));
  return udp;
}

async function openTcp({ host: address, port, maxPacketBytes }: OscListenerOptions, host: ListenerHost): Promise<void> {
  const { clock } = host;
  const connections = new Set<OscConnection>();
  await host.listenTcp({
    host: address,
    port,
    accept(socket, peer) {
      const connection = new OscConnection(socket, peer, host, maxPacketBytes);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    },
  });
  const stopTicking = clock.every(TICK_MS, () => {
    const nowMs = clock.monotonicMs();
    for (const connection of connections) connection.tick(nowMs);
  });
  host.onClose(() => {
    stopTicking();
    for (const connection of connections) connection.end();
  });
}
