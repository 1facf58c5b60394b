import type { ProtocolTable } from '../hub/protocol-traits.ts';
import { GATEWAY_PROTOCOL } from '../hub/session.ts';
import type { ProtocolDefinition } from '../protocols/contract.ts';
import { crosscomm } from '../protocols/crosscomm/index.ts';
import { frames } from '../protocols/frames/index.ts';
import { lines } from '../protocols/lines/index.ts';
import { mqtt } from '../protocols/mqtt/index.ts';
import { oocsi } from '../protocols/oocsi/index.ts';
import { osc } from '../protocols/osc/index.ts';

/**
 * The protocols that this gateway speaks, in the order in which people read of them. From here come their sections of the
 * configuration, their listeners, routes and traits, and their rows in the table at start, on the dashboard and in `/status`.
 */
export const protocols = [crosscomm, oocsi, mqtt, osc, lines, frames] as const;

/** Any of their sections. */
export type ProtocolSection = NonNullable<(typeof protocols)[number]['section']>;

/** The traits of all that a client may be said to speak: these protocols, HTTP, and nothing, for the gateway's own clients. */
export function traitsTable(list: readonly Pick<ProtocolDefinition, 'name' | 'traits'>[] = protocols): ProtocolTable {
  return new Map([
    ...list.map(({ name, traits }) => [name, traits] as const),
    ['http', { isBrief: true }],
    [GATEWAY_PROTOCOL, { isOfGateway: true }],
  ]);
}
