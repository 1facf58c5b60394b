import type { Egress, FilterWatch } from '../src/hub/egress.ts';
import type { Hub } from '../src/hub/hub.ts';
import { Message, type MessageInit } from '../src/hub/message.ts';
import type { Session } from '../src/hub/session.ts';

/** The way out to another matcher, which remembers what it was asked for. */
export class FakeEgress implements Egress {
  readonly published: [to: string, body: unknown, retainMs: number | undefined][] = [];
  readonly cleared: string[] = [];
  readonly held: [to: string, body: unknown][] = [];
  /** Who subscribes over there, by channel. */
  readonly members: Record<string, string[]> = {};
  /** Topic filters with wildcards that clients subscribe to over there, by client. */
  readonly filters: Record<string, string[]> = {};
  /** For whom it keeps what comes while they are away. */
  readonly kept = new Set<string>();
  /** What it retains itself. */
  readonly #retained = new Map<string, MessageInit>();
  readonly #protocol: string;

  /** `protocol`: of the sessions that it serves. */
  constructor(protocol = 'mqtt') {
    this.#protocol = protocol;
  }

  publish(message: Message, retainMs: number | undefined): number {
    this.published.push([message.to, message.body, retainMs]);
    return this.subscribers(message.to).length;
  }
  hold(message: Message): void {
    this.held.push([message.to, message.body]);
  }
  retained(channel: string): MessageInit | undefined {
    return this.#retained.get(channel);
  }
  /** Retains a message itself, or, without one, none any more, and tells the hub. */
  retain(hub: Hub, channel: string, message?: MessageInit): void {
    if (message) this.#retained.set(channel, message);
    else this.#retained.delete(channel);
    hub.mirrorRetained(channel, message, this);
  }
  clearRetained(channel: string): void {
    this.cleared.push(channel);
  }
  subscribers(channel: string): readonly string[] {
    return this.members[channel] ?? [];
  }
  hasSubscribers(channel: string): boolean {
    return this.subscribers(channel).length > 0;
  }
  reach(channel: string): number {
    return this.subscribers(channel).length;
  }
  watchFilters({ began }: FilterWatch): () => void {
    for (const channel of this.channels()) began(channel);
    return () => {};
  }
  channels(): readonly string[] {
    return Object.keys(this.members);
  }
  subscriptions(id: string): readonly string[] {
    const channels = Object.entries(this.members).flatMap(([channel, ids]) => (ids.includes(id) ? [channel] : []));
    return [...channels, ...(this.filters[id] ?? [])];
  }
  forget(id: string): void {
    this.kept.delete(id);
  }
  keepsFor(id: string): boolean {
    return this.kept.has(id);
  }
  serves(session: Session): boolean {
    return session.protocol === this.#protocol;
  }
}

/** A text to `to` that somebody over there sent. */
export function textTo(to: string, body = 'hi'): Message {
  return new Message({ from: 'm', to, kind: 'text', body, timestampMs: 1 });
}
