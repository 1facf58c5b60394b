import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../../common/clock.ts';
import type { Log } from '../../../common/log.ts';
import type { Metrics } from '../../../common/metrics.ts';
import type { Egress } from '../../../hub/egress.ts';
import type { Hub } from '../../../hub/hub.ts';
import type { Bus } from '../bus.ts';
import { Claims } from './claims.ts';
import { Direct, type DirectCounts, type DirectParts } from './direct.ts';
import { Membership } from './membership.ts';
import { Moving } from './moving.ts';
import { ClientTable } from './table.ts';

export interface ClientsParts {
  bus: Bus;
  hub: Hub;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  prefix: string;
  gateway: string;
  epoch: string;
  egress: Egress;
  /** What came from another gateway, as it is here. */
  arrived: DirectParts['arrived'];
  before: DirectParts['before'];
  /** When another gateway was heard of last, by `Clock.now`. */
  heardMs(gateway: string): number;
  misread(who: string): void;
}

/** The clients of all gateways: who is online where, who has an id, and messages from one to another. */
export class Clients {
  readonly #table: ClientTable;
  readonly #claims: Claims;
  readonly #membership: Membership;
  readonly #direct: Direct;
  readonly #moving: Moving;

  constructor(parts: ClientsParts) {
    const { bus, hub, clock, log, metrics, prefix, gateway, epoch, egress, arrived, heardMs, misread, before } = parts;
    const { elsewhere } = hub;
    this.#table = new ClientTable({
      ...{ clock, elsewhere, gateway, heardMs },
      changed: (id) => this.#claims.changed(id),
    });
    const table = this.#table;
    this.#claims = new Claims({ hub, clock, log, gateway, epoch, table });
    this.#membership = new Membership({
      ...{ clock, log, table, claims: this.#claims, misread },
      name: `${prefix}_clients`,
    });
    this.#direct = new Direct({
      ...{ bus, hub, egress, arrived, before, prefix, gateway, misread, counts: countsOf(metrics) },
    });
    this.#moving = new Moving({ bus, hub, prefix, misread });
    elsewhere.courier = this.#direct;
    const help = 'Clients that are online at other gateways.';
    metrics.gauge({ name: 'crosscomm_cluster_clients', help }, () => elsewhere.size);
  }

  /** How many clients each of the others has. */
  counts(): ReadonlyMap<string, number> {
    return this.#table.counts();
  }

  linkUp(connection: NatsConnection): void {
    void this.#membership.linkUp(connection);
  }

  linkDown(): void {
    this.#membership.linkDown();
  }

  /** A run of another gateway is there. */
  came(gateway: string, epoch: string): void {
    this.#table.came(gateway, epoch);
  }

  went(gateway: string): void {
    this.#table.went(gateway);
  }

  /** Tells the others that no client is here any more, over a link that is up. */
  async stop(): Promise<void> {
    this.#direct.stop();
    this.#moving.stop();
    await this.#claims.stop();
    this.#membership.linkDown();
  }
}

function countsOf(metrics: Metrics): DirectCounts {
  const counters = metrics.counters({
    name: 'crosscomm_cluster_direct_messages_total',
    help: 'Messages to clients of other gateways, and from there to clients of this one; unanswered: it is not known whether they arrived.',
    labels: ['way'],
  });
  const of = (way: string) => counters.of({ way });
  return { sent: of('sent'), received: of('received'), unanswered: of('unanswered') };
}
