import type { ProtocolTable } from '../hub/protocol-traits.ts';
import { GATEWAY_PROTOCOL } from '../hub/session.ts';

/** The traits of the protocols that the gateway speaks. */
export const PROTOCOL_TRAITS: ProtocolTable = new Map([
  ['crosscomm', { takesOverAtOnce: true }],
  ['mqtt', { takesOverAtOnce: true, isPersistent: true }],
  // The connection that was first keeps its id while it answers; `frames` and `oocsi` find that out by themselves.
  ['oocsi', {}],
  ['frames', {}],
  ['serial', {}],
  ['http', { isBrief: true }],
  [GATEWAY_PROTOCOL, { isOfGateway: true }],
]);
