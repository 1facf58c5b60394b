import type { LeaveReason } from '../../../hub/session.ts';
import type { SessionContext } from '../../context.ts';
import type { Announcer } from './announcer.ts';
import { listMembers } from './lists.ts';

const REFRESH_MS = 5000;
const PREFIX = 'presence(';

type Change = 'join' | 'leave' | 'created' | 'closed' | 'timeout';

/**
 * Tells the subscribers of `presence(NAME)` who comes and goes, with messages from NAME, as the reference server does.
 * Of a channel: `{"channel": NAME, "join" or "leave": WHO}`. Of a client: `{"client": NAME, "join" or "leave": NAME}` when it
 * comes and goes, and `{"client": NAME, "created" or "closed": ""}` at each of its subscriptions and their ends. Every 5 s
 * `"refresh": [WHO, ...]`, who is there. Whoever watches and is lost is told to those who watch with it, as `"timeout": WHO`.
 * Channels with a password show nothing.
 */
export class Presence {
  readonly #context: SessionContext;
  readonly #announcer: Announcer;
  readonly #watched = new Set<string>();
  readonly #endings: (() => void)[];

  constructor(context: SessionContext, announcer: Announcer) {
    this.#context = context;
    this.#announcer = announcer;
    const { events } = context.hub;
    this.#endings = [
      events.on('created', (channel) => {
        const watched = watchedName(channel);
        if (watched !== undefined) this.#watched.add(watched);
      }),
      events.on('closed', (channel) => {
        const watched = watchedName(channel);
        if (watched !== undefined) this.#watched.delete(watched);
      }),
      events.on('subscribe', (channel, id) => this.#subscriptionChanged(channel, id, 'join', 'created')),
      events.on('unsubscribe', (channel, id) => this.#subscriptionChanged(channel, id, 'leave', 'closed')),
      events.on('join', (id) => this.#clientChanged(id, 'join')),
      events.on('leave', (id, _protocol, reason) => this.#left(id, reason)),
      events.on('came', (id) => this.#clientChanged(id, 'join')),
      events.on('went', ({ id }) => this.#clientChanged(id, 'leave')),
      context.clock.every(REFRESH_MS, () => this.#refresh()),
    ];
  }

  stop(): void {
    for (const end of this.#endings) end();
  }

  /** A client's subscription to its own name is its inbox, and those to presence channels are not reported. */
  #subscriptionChanged(channel: string, id: string, ofChannel: Change, ofClient: Change): void {
    if (this.#watched.size === 0 || channel === id || watchedName(channel) !== undefined) return;
    if (this.#context.hub.isPrivate(channel)) return;
    if (this.#watched.has(channel)) this.#send(channel, { [this.#kindOf(channel)]: channel, [ofChannel]: id }, id);
    if (this.#watched.has(id)) this.#send(id, { client: id, [ofClient]: '' });
  }

  #clientChanged(id: string, change: Change): void {
    if (this.#watched.has(id)) this.#send(id, { client: id, [change]: id });
  }

  #left(id: string, reason: LeaveReason): void {
    if (this.#watched.size === 0) return;
    this.#clientChanged(id, 'leave');
    if (reason !== 'timeout') return;
    for (const address of this.#context.hub.client(id)?.subscriptions ?? []) {
      const name = watchedName(address);
      if (name !== undefined && this.#watched.has(name))
        this.#send(name, { [this.#kindOf(name)]: name, timeout: id }, id);
    }
  }

  #refresh(): void {
    for (const name of [...this.#watched]) {
      const { hub } = this.#context;
      this.#announcer.sendAbout(name, channelOf(name), (rights) => ({
        [this.#kindOf(name)]: rights?.shown?.(name) ?? name,
        refresh: listMembers(hub, name, rights),
      }));
    }
  }

  #kindOf(name: string): 'client' | 'channel' {
    return this.#context.hub.isOnline(name) ? 'client' : 'channel';
  }

  /** Tells those who watch `name`, and may know of it; what is about `who` as well, those who may know of that. */
  #send(name: string, data: Record<string, string>, who = name): void {
    this.#announcer.sendAbout(name, channelOf(name), (rights) => {
      if (rights?.sees?.(who) === false) return undefined;
      const { shown } = rights ?? {};
      if (shown === undefined) return data;
      return Object.fromEntries(Object.entries(data).map(([field, value]) => [field, shown(value)]));
    });
  }
}

function channelOf(name: string): string {
  return `${PREFIX}${name})`;
}

/** NAME of the channel `presence(NAME)`; undefined for every other channel. */
function watchedName(channel: string): string | undefined {
  return channel.startsWith(PREFIX) && channel.endsWith(')') ? channel.slice(PREFIX.length, -1) : undefined;
}
