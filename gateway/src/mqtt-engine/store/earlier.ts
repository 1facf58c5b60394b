import type { QoS } from '../codec/packets.ts';
import { EngineMessage } from '../message.ts';
import type { SessionRecord } from './kept-session.ts';
import { readMap } from './messagepack.ts';
import { idIn, SUBSCRIPTIONS } from './session-keys.ts';
import type { SubscriptionInit } from './subscription.ts';

/**
 * What the database of an earlier version says, up to 0.1: values of aedes-persistence-level in MessagePack, and sessions as texts. They
 * are written anew, as today's, when they are read.
 */

/** An entry of a queue. */
export interface EarlierEntry {
  /** Undefined where its client has confirmed that it received it. */
  readonly message: EngineMessage | undefined;
  /** Under which packet id it was sent; undefined where it was not. */
  readonly packetId: number | undefined;
}

/** When the client of a session was here, then a blank and its account if it has one; before that, no session was written down. */
export function readEarlierSession(record: Buffer): SessionRecord {
  const [seenMs, account] = record.toString().split(' ');
  return { account, seenMs: Number(seenMs) || 0, expiryMs: Number.POSITIVE_INFINITY, leftMs: undefined, sentSeq: 0 };
}

/** Undefined where the record says nothing. */
export function readEarlierSubscription(key: string, record: Buffer): SubscriptionInit | undefined {
  const fields = readMap(record);
  const filter = fields?.get('topic');
  if (typeof filter !== 'string') return undefined;
  const isBridge = fields?.get('nl') === true;
  return {
    ...{ id: idIn(key, SUBSCRIPTIONS), filter, qos: qosOf(fields?.get('qos')), durable: true },
    ...{ noLocal: isBridge, retainAsPublished: isBridge },
  };
}

/** A retained message or a last will; undefined where the record says nothing. */
export function readEarlierMessage(record: Buffer): EngineMessage | undefined {
  const fields = readMap(record);
  const topic = fields?.get('topic');
  const payload = fields?.get('payload');
  if (fields === undefined || typeof topic !== 'string') return undefined;
  const text = (name: string): string | undefined => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : undefined;
  };
  return new EngineMessage({
    topic,
    payload: Buffer.isBuffer(payload) ? payload : Buffer.from(typeof payload === 'string' ? payload : ''),
    qos: qosOf(fields.get('qos')),
    retain: fields.get('retain') === true,
    clientId: text('clientId'),
    account: text('account'),
    address: text('address'),
  });
}

/** Undefined where the record says nothing. */
export function readEarlierEntry(record: Buffer): EarlierEntry | undefined {
  const fields = readMap(record);
  if (fields === undefined) return undefined;
  const id = fields.get('messageId');
  const packetId = typeof id === 'number' && id > 0 ? id : undefined;
  if (fields.get('cmd') === 'pubrel') return packetId === undefined ? undefined : { message: undefined, packetId };
  const message = readEarlierMessage(record);
  return message === undefined || message.qos === 0 ? undefined : { message, packetId };
}

function qosOf(value: unknown): QoS {
  return value === 1 || value === 2 ? value : 0;
}
