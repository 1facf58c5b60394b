import type { ClientCounts } from '../../../common/client-counts.ts';
import type { Hub } from '../../../hub/hub.ts';
import { viewOf } from '../clients.ts';
import type { Audience, FeedSource, FeedTopic } from './topic.ts';

/** How many clients of each sort one event has at most. */
const MAX_CLIENTS = 200;
const RATES_MS = 1000;

interface ClientsTopicParts {
  hub: Hub;
  clock: { monotonicMs(): number };
}

interface ClientRate {
  readonly id: string;
  readonly receivedPerS: number;
  readonly sentPerS: number;
}

/** Who comes and goes, and how much each sends and is sent. */
export function clientsTopic({ hub, clock }: ClientsTopicParts): FeedTopic {
  const rates = new ClientRates(hub, clock);
  return { everyMs: 300, open: (audience) => openClients(hub, rates, audience) };
}

function openClients(hub: Hub, rates: ClientRates, audience: Audience): FeedSource {
  /** By id: why it left, or undefined where it came. The last counts. */
  const changes = new Map<string, string | undefined>();
  let active = new Set<string>();
  let ratesSeen = rates.version;
  const endings = [
    hub.events.on('came', (id) => void changes.set(id, undefined)),
    hub.events.on('went', ({ id }) => void changes.set(id, 'closed')),
    hub.events.on('join', (id) => void changes.set(id, undefined)),
    hub.events.on('leave', (id, _protocol, reason) => void changes.set(id, reason)),
  ];

  const ratesNow = (): ClientRate[] => {
    rates.look();
    if (rates.version === ratesSeen) return [];
    ratesSeen = rates.version;
    const { viewer } = audience;
    const busiest: ClientRate[] = [];
    for (const rate of rates.busiest) {
      if (busiest.length === MAX_CLIENTS) break;
      if (viewer.sees(rate.id)) busiest.push(rate);
    }
    const now = new Set(busiest.map(({ id }) => id));
    const silent = [...active].filter((id) => !now.has(id)).map((id) => ({ id, receivedPerS: 0, sentPerS: 0 }));
    active = now;
    return [...busiest, ...silent];
  };

  return {
    end() {
      for (const end of endings) end();
    },
    next() {
      const { viewer } = audience;
      const changed = [...changes].filter(([id]) => viewer.sees(id) && hub.client(id)?.isOfGateway !== true);
      changes.clear();
      const shown = changed.slice(-MAX_CLIENTS);
      const event = {
        joined: shown.flatMap(([id, reason]) => {
          const client = reason === undefined ? hub.client(id) : undefined;
          return client === undefined ? [] : [viewOf(hub, client, viewer)];
        }),
        left: shown.flatMap(([id, reason]) => (reason === undefined ? [] : [{ id, reason }])),
        rates: ratesNow(),
        leftOut: changed.length - shown.length,
      };
      return changed.length === 0 && event.rates.length === 0 ? undefined : event;
    },
  };
}

/** How much each client sends and is sent a second, for all who look at once. */
class ClientRates {
  readonly #hub: Hub;
  readonly #clock: { monotonicMs(): number };
  readonly #before = new WeakMap<ClientCounts, { received: number; sent: number }>();
  #lookedMs: number;
  /** Those that sent or were sent anything, the busiest first. */
  busiest: readonly ClientRate[] = [];
  /** Grows with each look. */
  version = 0;

  constructor(hub: Hub, clock: { monotonicMs(): number }) {
    this.#hub = hub;
    this.#clock = clock;
    this.#lookedMs = clock.monotonicMs();
  }

  /** Looks, if the last look is about a second ago. */
  look(): void {
    const nowMs = this.#clock.monotonicMs();
    const elapsedMs = nowMs - this.#lookedMs;
    if (elapsedMs < RATES_MS) return;
    this.#lookedMs = nowMs;
    this.version++;
    const perS = 1000 / elapsedMs;
    const active: ClientRate[] = [];
    for (const { id, counts } of this.#hub.sessions()) {
      if (counts === undefined) continue;
      const { received, sent } = counts;
      const before = this.#before.get(counts);
      if (before === undefined) {
        this.#before.set(counts, { received, sent });
        continue;
      }
      if (received === before.received && sent === before.sent) continue;
      const [receivedPerS, sentPerS] = [received - before.received, sent - before.sent].map((each) =>
        Math.round(each * perS),
      ) as [number, number];
      Object.assign(before, { received, sent });
      active.push({ id, receivedPerS, sentPerS });
    }
    this.busiest = active.sort((one, other) => other.receivedPerS + other.sentPerS - one.receivedPerS - one.sentPerS);
  }
}
