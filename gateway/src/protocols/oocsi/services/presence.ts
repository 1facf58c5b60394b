import { parseAddress } from '../../../hub/address.ts';
import type { LeaveReason } from '../../../hub/session.ts';
import type { SessionContext } from '../../context.ts';
import type { Announcer } from './announcer.ts';
import { listMembers } from './lists.ts';

const REFRESH_MS = 5000;
const PREFIX = 'presence(';

type Change = 'join' | 'leave' | 'created' | 'closed' | 'timeout';

/**
 * Tells the subscribers of `presence(NAME)` who comes to and goes from the channel or client NAME, with messages from
 * NAME such as `{"channel": NAME, "join": WHO}`, and every 5 s who is there: `{"channel": NAME, "refresh": [WHO, ...]}`.
 * For a client the first field is `client`, and it comes and goes itself. A client whose connection timed out leaves and
 * then times out. Channels with a password show nothing.
 */
export class Presence {
  readonly #context: SessionContext;
  readonly #announcer: Announcer;
  readonly #watched = new Set<string>();
  readonly #endings: (() => void)[];
  /** The last to leave a channel that may be seen; the event that the channel closed follows at once. */
  #lastLeft = { channel: '', id: '' };

  constructor(context: SessionContext, announcer: Announcer) {
    this.#context = context;
    this.#announcer = announcer;
    const { events } = context.hub;
    this.#endings = [
      events.on('created', (channel) => this.#created(channel)),
      events.on('closed', (channel) => this.#closed(channel)),
      events.on('subscribe', (channel, id) => this.#memberChanged(channel, 'join', id)),
      events.on('unsubscribe', (channel, id) => {
        if (this.#memberChanged(channel, 'leave', id)) this.#lastLeft = { channel, id };
      }),
      events.on('join', (id) => this.#joined(id)),
      events.on('leave', (id, _protocol, reason) => this.#left(id, reason)),
      context.clock.every(REFRESH_MS, () => this.#refresh()),
    ];
  }

  stop(): void {
    for (const end of this.#endings) end();
  }

  #created(channel: string): void {
    const watched = watchedName(channel);
    if (watched !== undefined) this.#watched.add(watched);
    const { hub } = this.#context;
    if (!this.#shows(channel) || hub.session(channel)) return;
    this.#tell(channel, 'created', hub.members(channel)[0] ?? channel);
  }

  #closed(channel: string): void {
    const watched = watchedName(channel);
    if (watched !== undefined) this.#watched.delete(watched);
    // A channel that is gone no longer says whether it was private; whoever left it last was shown only if it was not.
    if (this.#lastLeft.channel !== channel || this.#context.hub.session(channel)) return;
    this.#tell(channel, 'closed', this.#lastLeft.id);
  }

  /** Tells of a subscriber; false where nobody may see it. A client's subscription to its own name is its inbox. */
  #memberChanged(channel: string, change: Change, id: string): boolean {
    if (channel === id || !this.#shows(channel)) return false;
    this.#tell(channel, change, id);
    return true;
  }

  #joined(id: string): void {
    if (this.#watched.has(id)) this.#announceClient(id, 'join');
  }

  #left(id: string, reason: LeaveReason): void {
    if (this.#watched.size === 0) return;
    if (this.#watched.has(id)) this.#announceClient(id, 'leave');
    if (reason !== 'timeout') return;
    if (this.#watched.has(id)) this.#announceClient(id, 'timeout');
    for (const text of this.#context.hub.client(id)?.subscriptions ?? []) {
      const address = parseAddress(text);
      if (!address || address.password !== undefined || address.name === id) continue;
      if (this.#watched.has(address.name)) this.#tell(address.name, 'timeout', id);
    }
  }

  #shows(channel: string): boolean {
    return this.#watched.has(channel) && !this.#context.hub.isPrivate(channel);
  }

  #announceClient(id: string, change: Change): void {
    this.#send(id, { client: id, [change]: id });
  }

  #tell(name: string, change: Change, who: string): void {
    this.#send(name, { [this.#kindOf(name)]: name, [change]: who });
  }

  #refresh(): void {
    for (const name of [...this.#watched]) {
      this.#send(name, { [this.#kindOf(name)]: name, refresh: listMembers(this.#context.hub, name) });
    }
  }

  #kindOf(name: string): 'client' | 'channel' {
    return this.#context.hub.session(name) ? 'client' : 'channel';
  }

  #send(name: string, data: Record<string, unknown>): void {
    this.#announcer.send(name, `${PREFIX}${name})`, data);
  }
}

/** NAME of the channel `presence(NAME)`; undefined for every other channel. */
function watchedName(channel: string): string | undefined {
  return channel.startsWith(PREFIX) && channel.endsWith(')') ? channel.slice(PREFIX.length, -1) : undefined;
}
