import type { Protocol } from './session.ts';

/**
 * What the rest of the gateway must know of a protocol and cannot see from one session. Each protocol states its own; all are false by
 * default.
 */
export interface ProtocolTraits {
  /** The protocol of the gateway's own clients: they may have reserved names, and are neither listed nor stored. */
  readonly isOfGateway?: boolean;
  /** A new connection takes the id of an older one, which is closed, unless `join` is told otherwise. */
  readonly takesOverAtOnce?: boolean;
  /** A client may have a session that outlives its connections, so even a client with a made-up id may come back. */
  readonly isPersistent?: boolean;
  /** It gives its clients' own names to what it sends them itself, so the hub does not. */
  readonly mapsNames?: boolean;
  /** A client is online for one request only, so the log does not mention it. */
  readonly isBrief?: boolean;
}

/** The traits of every protocol that has any, by the protocol's name. */
export type ProtocolTable = ReadonlyMap<Protocol, ProtocolTraits>;

const NONE: ProtocolTraits = {};

/** The traits of `protocol`; none for an unknown one, such as a protocol of a former version. */
export function traitsOf(protocols: ProtocolTable, protocol: Protocol): ProtocolTraits {
  return protocols.get(protocol) ?? NONE;
}
