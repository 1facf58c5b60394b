import type { Protocol } from './session.ts';

/**
 * What the rest of the gateway has to know of a protocol and cannot see from one session. A protocol brings its own; one that
 * brings none has none of them.
 */
export interface ProtocolTraits {
  /** The gateway's own clients speak it: they may have reserved names, and are neither listed nor written down. */
  readonly isOfGateway?: boolean;
  /** The newest connection gets the id, and the one that had it is closed, unless `join` is told otherwise. */
  readonly takesOverAtOnce?: boolean;
  /** A client may have a session that outlives its connections, so even an id that was made up may come back. */
  readonly isPersistent?: boolean;
  /** A client is there for one request, so the log says nothing of its coming and going. */
  readonly isBrief?: boolean;
}

/** The traits of every protocol that has any, by the protocol's name. */
export type ProtocolTable = ReadonlyMap<Protocol, ProtocolTraits>;

const NONE: ProtocolTraits = {};

/** The traits of `protocol`; none of one that nobody knows, such as a protocol that a former version spoke. */
export function traitsOf(protocols: ProtocolTable, protocol: Protocol): ProtocolTraits {
  return protocols.get(protocol) ?? NONE;
}
