import { addressOf } from '../../common/peer-address.ts';
import type { LeaveReason } from '../../hub/session.ts';
import type { Will } from '../codec/packets.ts';
import type { EngineSession } from '../contract.ts';
import { EngineMessage } from '../message.ts';
import type { StoredSession, StoredWill } from '../store/contract.ts';
import type { LiveClient } from './live-client.ts';
import type { Outgoing } from './outgoing.ts';
import type { CoreParts } from './parts.ts';

/** A client as it comes and goes, by whichever core. */
export interface Resident<S extends EngineSession> extends LiveClient<S> {
  /** Its client id; '' until it is let in. */
  id: string;
  /** What is on disk of it; undefined where all ends with the connection. */
  stored: StoredSession | undefined;
  /** How long its session lasts after the connection, in milliseconds. */
  expiryMs: number;
}

type WillInit = Pick<Will, 'topic' | 'payload' | 'qos' | 'retain'> & Partial<Will>;

/** Gives a client that was let in its session. True: it had one (session present). */
export function takeUp<S extends EngineSession>(
  { store }: Pick<CoreParts<S>, 'store'>,
  client: Resident<S>,
  cleanStart: boolean,
): boolean {
  const { id, expiryMs, session } = client;
  if (cleanStart) store.sessions.end(id);
  const isPresent = store.sessions.get(id) !== undefined;
  if (isPresent || expiryMs > 0) client.stored = store.sessions.open(id, session?.account, expiryMs);
  return isPresent;
}

/** The last will of a client that was let in, as it is kept. One of MQTT 3 has no delay, no expiry and no properties. */
export function willOf<S extends EngineSession>(
  { id, session, peer }: Resident<S>,
  { topic, payload, qos, retain, properties, delayS = 0, expiryS }: WillInit,
): StoredWill {
  const account = session?.account;
  const message = new EngineMessage({
    ...{ topic, payload, qos, retain, properties, account },
    clientId: id,
    address: addressOf(peer),
  });
  return { id, message: message.detach(), delayMs: delayS * 1000, expiryS };
}

/** Looks again at what a session that comes back had subscribed to: the rules may be others by now. */
export function lookAgain<S extends EngineSession>(
  { host, index, store }: Pick<CoreParts<S>, 'host' | 'index' | 'store'>,
  { id, session }: Resident<S>,
): void {
  const filters = index.of(id);
  if (filters.size === 0) return;
  for (const filter of [...filters.filters()]) {
    if (host.subscribeRefusal(session as S, filter) !== undefined) store.subscriptions.delete(id, filter);
  }
}

/**
 * Takes a client out whose connection has ended, or whose place another one takes. `done` is called when its last will is published, if it is
 * due.
 */
export function depart<S extends EngineSession>(
  { host, index, live, router, store, wills }: CoreParts<S>,
  client: Resident<S>,
  { outgoing, reason, done }: { outgoing: Outgoing | undefined; reason: LeaveReason; done: () => void },
): void {
  const { id, session, stored, expiryMs } = client;
  live.leave(id, client);
  index.deleteTransient(id);
  const back = outgoing?.close() ?? [];
  if (stored !== undefined) store.sessions.left(id, expiryMs);
  host.left(session as S, reason);
  wills.due(id, stored === undefined ? 0 : expiryMs, done);
  for (const { message, shared } of back) router.redeliver(message, shared);
}
