import { buildHouse, type HouseOptions, MemorySession } from '@crosscomm/testing/test-hub';
import type { MessageInit } from '../../../src/hub/message.ts';
import { Message } from '../../../src/hub/message.ts';
import type { OscArgument } from '../../../src/protocols/osc/argument.ts';
import { decodePacket } from '../../../src/protocols/osc/read-codec.ts';
import { UdpPeers, type UdpPeersOptions } from '../../../src/protocols/osc/udp-peers.ts';
import { readArguments } from '../../../src/protocols/osc/values-codec.ts';
import { encodeMessage } from '../../../src/protocols/osc/write-codec.ts';

/** The gateway's own address here. */
export const GATEWAY = { address: '10.0.0.1', port: 9000 };
/** Where the peers of these tests send from, unless they say. */
export const PEER = { address: '10.0.0.7', port: 50_000 };
export const PEER_ID = 'osc-10.0.0.7-50000';

export const i = (value: number): OscArgument => ({ type: 'i', value });
export const f = (value: number): OscArgument => ({ type: 'f', value });
export const s = (value: string): OscArgument => ({ type: 's', value });

/** The peers by UDP of a hub whose clock the test moves, and one client of another protocol in it. */
export function openUdpHouse(options: Partial<UdpPeersOptions> & { house?: HouseOptions } = {}) {
  const house = buildHouse(options.house);
  const sent: { to: string; address: string; values: unknown }[] = [];
  const link = { isFull: false };
  const peers = new UdpPeers(house, {
    maxPeers: 1000,
    isNear: (address) => address.startsWith('10.') || address.startsWith('127.'),
    isOwn: (address, port) => address === GATEWAY.address && port === GATEWAY.port,
    send: (packet, address, port) => {
      if (link.isFull) return false;
      for (const message of decodePacket(packet)) {
        const { kind, body } = readArguments(message.args);
        sent.push({
          to: `${address}:${port}`,
          address: message.address,
          values: kind === 'json' ? JSON.parse(String(body)) : body,
        });
      }
      return true;
    },
    ...options,
  });
  const other = new MemorySession('other', 'mqtt');
  house.hub.join(other);
  return {
    ...house,
    peers,
    other,
    link,
    /** A message arrives, from `PEER` or from where it says. */
    receive(address: string, args: readonly OscArgument[] = [], from: { address?: string; port?: number } = {}) {
      const { address: machine, port } = { ...PEER, ...from };
      peers.receive(encodeMessage(address, args), machine, port);
    },
    /** Somebody else sends. */
    send(to: string, body: string, init: Partial<MessageInit> = {}) {
      return house.hub.send(new Message({ from: 'other', to, kind: 'json', body, timestampMs: 0, ...init }));
    },
    /** What was sent since the last call: to whom, and what. */
    takeSent: () => sent.splice(0),
    /** Time goes by, with the tick of each second. */
    wait(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        house.clock.advance(1000);
        peers.tick(house.clock.monotonicMs());
      }
    },
    faults: () => house.incidents.counts(),
    ids: () =>
      house.hub
        .clients()
        .filter(({ online, id }) => online && id !== 'other')
        .map(({ id }) => id),
  };
}
