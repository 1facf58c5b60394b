import { parseHash, type Route } from './route.ts';
import { Store } from './store.ts';

/** The page that is open. */
export const route = new Store<Route>(parseHash(location.hash));

addEventListener('hashchange', () => route.set(parseHash(location.hash)));

/** Opens a page. */
export function go(href: string): void {
  location.hash = href;
}
