import type { SessionContext } from '../../context.ts';
import { type Announcer, SERVER } from './announcer.ts';
import { listMembers } from './lists.ts';

const SUFFIX = '/?';
const INTERVAL_MS = 1000;

/**
 * Sends to the channel `CH/?`, each second, who is in CH: `{"channels": "a, b", "members": ["a", "b"]}`. The first field
 * is the reference server's, the second spares a program the splitting. Nobody is shown of a channel with a password.
 */
export class MembersQuery {
  readonly #asked = new Set<string>();
  readonly #endings: (() => void)[];

  constructor(context: SessionContext, announcer: Announcer) {
    const { hub, clock } = context;
    this.#endings = [
      hub.events.on('created', (channel) => {
        if (channel.endsWith(SUFFIX) && channel.length > SUFFIX.length) this.#asked.add(channel);
      }),
      hub.events.on('closed', (channel) => this.#asked.delete(channel)),
      clock.every(INTERVAL_MS, () => {
        for (const query of [...this.#asked]) {
          announcer.sendAbout(SERVER, query, (rights) => {
            const members = listMembers(hub, query.slice(0, -SUFFIX.length), rights);
            return { channels: members.join(', '), members };
          });
        }
      }),
    ];
  }

  stop(): void {
    for (const end of this.#endings) end();
  }
}
