import type { RoomClient } from './behaviour.ts';
import { SharedTable } from './room-table.ts';

/** Where somebody is: on a line or on a plane. */
export type Place = number | readonly [x: number, y: number];

/** The way to somebody. */
export interface PlaceRoute {
  to: string;
  /** The neighbour through whom it leads; undefined where there is no way. */
  hop: string | undefined;
  /** How long it is; undefined where there is none. */
  distance: number | undefined;
}

/** Where everyone is, who of them is near, and the way to the others. */
export class Places extends SharedTable<Place> {
  readonly #reach: number;
  readonly #routeHandlers = new Set<(route: PlaceRoute) => void>();

  /** Made by `Room`; `members`: the channel of OOCSI's members. */
  constructor(client: RoomClient, about: Record<string, unknown>, members: string, reach: number) {
    super(client, about, { channel: members, fields: { call: 'oocsi_spatial_call', vote: 'oocsi_spatial_vote' } });
    this.#reach = reach;
  }

  /** Says where this client is. */
  override async set(place: Place): Promise<void> {
    // OOCSI's members read texts.
    await super.set((typeof place === 'number' ? `${place}` : place.join(';')) as unknown as Place);
  }

  /** Who is within reach, the nearest first. */
  get neighbours(): string[] {
    const own = this.members.get(this.client.clientId);
    if (own === undefined) return [];
    const near = Array.from(this.members, ([name, place]) => ({ name, distance: distanceOf(own, place) }));
    return near
      .filter(({ name, distance }) => name !== this.client.clientId && distance <= this.#reach)
      .sort((a, b) => a.distance - b.distance)
      .map(({ name }) => name);
  }

  /** Asks for the way to a client, through neighbours alone; `onRoute` is told it. */
  findRoute(to: string): void {
    this.say({ reach: this.#reach, to });
  }

  /** Calls `handler` with each way that was asked for. Returns what ends that. */
  onRoute(handler: (route: PlaceRoute) => void): () => void {
    this.#routeHandlers.add(handler);
    return () => this.#routeHandlers.delete(handler);
  }

  protected override take(fields: Record<string, unknown>): boolean {
    const { to, hop, distance } = fields;
    if (typeof to !== 'string') return super.take(fields);
    const route: PlaceRoute = {
      to,
      hop: typeof hop === 'string' ? hop : undefined,
      distance: typeof distance === 'number' ? distance : undefined,
    };
    for (const handler of this.#routeHandlers) this.client.guard(() => handler(route));
    return false;
  }
}

function distanceOf(a: Place, b: Place): number {
  const [ax, ay = 0] = typeof a === 'number' ? [a] : a;
  const [bx, by = 0] = typeof b === 'number' ? [b] : b;
  return Math.hypot(bx - ax, by - ay);
}
