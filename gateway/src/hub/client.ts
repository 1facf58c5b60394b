import type { Protocol, Session } from './session.ts';

/** What the gateway knows of a client, online or not. */
export interface ClientInfo {
  id: string;
  protocol: Protocol;
  online: boolean;
  /** When it was last heard of; milliseconds since 1970. */
  lastSeenMs: number;
  /** When it last joined; milliseconds since 1970. */
  joinedMs: number;
  /** The addresses it is, or when it went was, subscribed to. */
  subscriptions: readonly string[];
}

/** The hub's own record of a client. */
export class ClientRecord {
  readonly id: string;
  protocol: Protocol;
  lastSeenMs: number;
  joinedMs: number;
  /** Since when its subscriptions wait for it to come back; the time in which no gateway ran does not count. */
  leftMs: number;
  session: Session | undefined;
  /** Addresses by channel name. */
  readonly subscriptions = new Map<string, string>();
  /** The channels among them that the client was given back and has not asked for itself since. */
  readonly restored = new Set<string>();

  constructor(id: string, protocol: Protocol, nowMs: number) {
    this.id = id;
    this.protocol = protocol;
    this.lastSeenMs = nowMs;
    this.joinedMs = nowMs;
    this.leftMs = nowMs;
  }

  info(): ClientInfo {
    return {
      id: this.id,
      protocol: this.protocol,
      online: this.session !== undefined,
      lastSeenMs: this.lastSeenMs,
      joinedMs: this.joinedMs,
      subscriptions: [...this.subscriptions.values()],
    };
  }
}
