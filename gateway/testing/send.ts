import type { Hub, SendOptions } from '../src/hub/hub.ts';
import { type Kind, Message } from '../src/hub/message.ts';
import type { Receipt } from '../src/hub/receipt.ts';
import type { Protocol } from '../src/hub/session.ts';
import { MemorySession } from './test-hub.ts';

/** Joins a client and subscribes it; throws where the hub refuses either. */
export function join(hub: Hub, id: string, channels: string[] = [], protocol: Protocol = 'oocsi'): MemorySession {
  const session = new MemorySession(id, protocol);
  const { outcome } = hub.join(session);
  if (outcome !== 'joined') throw new Error(`${id} is ${outcome}`);
  for (const channel of channels) {
    const subscribed = hub.subscribe(session, channel);
    if (subscribed !== 'subscribed') throw new Error(`${channel}: ${subscribed}`);
  }
  return session;
}

/** Sends a text, or a dict where the body is a JSON object. */
export function send(hub: Hub, from: string, to: string, body: string, options?: SendOptions): Receipt {
  const kind: Kind = body.startsWith('{') ? 'dict' : 'text';
  return hub.send(new Message({ from, to, kind, body, timestampMs: 1000 }), options);
}

/** The bodies that a session got since it was last asked. */
export function bodies(session: MemorySession): (string | Uint8Array)[] {
  return session.received.splice(0).map((message) => message.body);
}
