/** Where requests can go, so that one with another method is told which there are. */
export class KnownRoutes {
  /** The methods of each route, by its segments. */
  readonly #routes = new Map<string, { segments: readonly string[]; methods: Set<string> }>();

  /** `url` as the router has it: `/objects/*`, `/accounts/:name`. */
  add(method: string | readonly string[], url: string): void {
    const route = this.#routes.get(url) ?? { segments: url.split('/'), methods: new Set() };
    for (const each of [method].flat()) route.methods.add(each);
    this.#routes.set(url, route);
  }

  /** The methods that there are at a path, sorted; a route that takes any first segment says nothing of it. */
  methodsAt(path: string): string[] {
    const asked = path.split('/');
    const fitting = [...this.#routes.values()].filter(({ segments }) => isPlain(segments[1]) && fits(segments, asked));
    return [...new Set(fitting.flatMap(({ methods }) => [...methods]))].sort();
  }
}

function isPlain(segment = ''): boolean {
  return segment !== '*' && !segment.includes(':');
}

function fits(segments: readonly string[], asked: readonly string[]): boolean {
  const isOpen = segments.at(-1) === '*';
  if (isOpen ? asked.length < segments.length : asked.length !== segments.length) return false;
  return segments.every((segment, index) => segment === '*' || segment.startsWith(':') || segment === asked[index]);
}
