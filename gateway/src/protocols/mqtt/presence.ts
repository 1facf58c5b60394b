import type { Admission } from '../../access/admission.ts';
import type { Principal } from '../../access/principal.ts';
import type { ClientInfo } from '../../hub/client.ts';
import type { Hub } from '../../hub/hub.ts';
import { matchesPattern } from '../../hub/pattern.ts';
import type { MqttEngine, Publication } from '../../mqtt-engine/contract.ts';
import { decodeLevel, encodeLevel, PRESENCE } from './topics.ts';

export interface PresenceParts {
  hub: Hub;
  access: Admission;
  engine: Pick<MqttEngine<unknown>, 'reach' | 'hearsDollar' | 'publish'>;
}

/**
 * `$presence/<client id>`: who is online, on every wire. To a subscriber it looks retained; nothing of it is stored,
 * so that a device which comes and goes does not wear out the disk.
 */
export class Presence {
  readonly #hub: Hub;
  readonly #access: Admission;
  readonly #stops: (() => void)[];

  constructor({ hub, access, engine }: PresenceParts) {
    this.#hub = hub;
    this.#access = access;
    const announce = (id: string, gone?: ClientInfo): void => {
      // Thousands may come at once, and mostly nobody asks.
      if (!engine.hearsDollar) return;
      const topic = `${PRESENCE}${encodeLevel(id)}`;
      const { count, qos } = engine.reach(topic);
      const client = count > 0 ? (hub.client(id) ?? gone) : undefined;
      if (client === undefined) return;
      engine.publish({ topic, payload: presencePayload(client), qos, retain: false });
    };
    const { events } = hub;
    this.#stops = [
      events.on('join', (id) => announce(id)),
      events.on('leave', (id) => announce(id)),
      events.on('came', (id) => announce(id)),
      events.on('went', (client) => announce(client.id, client)),
    ];
  }

  /** What `reader`, a new subscriber to `filter`, which is below `$presence/`, is told: one publication for each known client that it matches and may know of. */
  *snapshot(filter: string, reader: Principal): Generator<Publication> {
    const levels = filter.split('/');
    const one = levels[1] as string;
    const isOne = levels.length === 2 && one !== '+' && one !== '#';
    const clients = isOne ? [this.#hub.client(decodeLevel(one))] : this.#hub.clients();
    for (const client of clients) {
      if (client === undefined || client.isOfGateway || !this.#access.maySee(reader, client.id)) continue;
      const topic = `${PRESENCE}${encodeLevel(client.id)}`;
      if (matchesPattern(levels, topic)) yield { topic, payload: presencePayload(client), qos: 0, retain: true };
    }
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }
}

/**
 * `since`: when it came online, or was last heard of; milliseconds since 1970. `gateway`: the other one at which it is online, where it is not
 * this one.
 */
function presencePayload({ online, protocol, joinedMs, lastSeenMs, gateway }: ClientInfo): Buffer {
  const status = online ? 'online' : 'offline';
  return Buffer.from(JSON.stringify({ status, protocol, since: online ? joinedMs : lastSeenMs, gateway }));
}
