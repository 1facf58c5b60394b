/** Where somebody is: on a line or on a plane. */
export type Place = readonly [x: number] | readonly [x: number, y: number];

/** A way to somebody, through those who are near one another. */
export interface Route {
  /** Whom it goes to first. */
  readonly hop: string;
  /** How long it is. */
  readonly distance: number;
}

export function distanceOf([x, y = 0]: Place, [toX, toY = 0]: Place): number {
  return Math.hypot(toX - x, toY - y);
}

/** Who is within reach of one of them, the nearest first. */
export function neighboursOf(name: string, places: ReadonlyMap<string, Place>, reach: number): string[] {
  const own = places.get(name);
  if (own === undefined) return [];
  const near: [name: string, distance: number][] = [];
  for (const [other, place] of places) {
    const distance = distanceOf(own, place);
    if (other !== name && distance <= reach) near.push([other, distance]);
  }
  return near.sort(([, a], [, b]) => a - b).map(([other]) => other);
}

/** The shortest way from one to another, each of its steps within reach (Dijkstra); undefined where there is none. */
export function routeTo(
  from: string,
  to: string,
  places: ReadonlyMap<string, Place>,
  reach: number,
): Route | undefined {
  const start = places.get(from);
  if (start === undefined || !places.has(to) || from === to) return undefined;
  const ways = new Map<string, Route>();
  const open = new Map(places);
  open.delete(from);
  for (const [name, place] of open) {
    const distance = distanceOf(start, place);
    if (distance <= reach) ways.set(name, { hop: name, distance });
  }
  for (;;) {
    const name = nearest(open.keys(), ways);
    const way = name === undefined ? undefined : ways.get(name);
    if (name === undefined || way === undefined || name === to) return way;
    const place = open.get(name) as Place;
    open.delete(name);
    for (const [next, nextPlace] of open) {
      const step = distanceOf(place, nextPlace);
      const distance = way.distance + step;
      if (step <= reach && distance < (ways.get(next)?.distance ?? Number.POSITIVE_INFINITY)) {
        ways.set(next, { hop: way.hop, distance });
      }
    }
  }
}

function nearest(names: Iterable<string>, ways: ReadonlyMap<string, Route>): string | undefined {
  let best: string | undefined;
  let shortest = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = ways.get(name)?.distance ?? Number.POSITIVE_INFINITY;
    if (distance >= shortest) continue;
    best = name;
    shortest = distance;
  }
  return best;
}
