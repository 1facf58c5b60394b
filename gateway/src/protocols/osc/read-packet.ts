import type { Incidents } from '../../observability/incidents.ts';
import { decodePacket, OscError, type OscMessage } from './read-codec.ts';

/** The messages of a packet; undefined, and an incident, where it is none of OSC. `who`: the peer it came from. */
export function readPacket(packet: Uint8Array, who: string, incidents: Incidents): OscMessage[] | undefined {
  try {
    return decodePacket(packet);
  } catch (error) {
    if (!(error instanceof OscError)) throw error;
    incidents.report({
      door: 'osc',
      who,
      code: 'PEER_MALFORMED',
      message: `A packet was thrown away: ${error.message}; does its sender speak Open Sound Control?`,
    });
    return undefined;
  }
}
