import type { Hub } from '../../hub/hub.ts';
import { isPattern, matchesPattern } from '../../hub/pattern.ts';

/** A client that gets what is said on a channel by a topic filter with wildcards. */
export interface PatternMember {
  id: string;
  filter: string;
}

/** More of them nobody reads. */
const MAX_FOUND = 200;
/** So many subscriptions are looked at, which takes some milliseconds. */
const MAX_LOOKS = 50_000;
const SHARED = /^\$share\/[^/]+\//;

/**
 * Who is online and subscribes to a channel by a topic filter: the first 200 of them. It looks at all subscriptions, as nothing else asks
 * this.
 */
export function patternMembers(hub: Pick<Hub, 'clients' | 'subscriptionsOf'>, channel: string): PatternMember[] {
  const found: PatternMember[] = [];
  let looks = 0;
  for (const { id, online } of hub.clients()) {
    if (!online) continue;
    for (const filter of hub.subscriptionsOf(id)) {
      if (++looks > MAX_LOOKS || found.length >= MAX_FOUND) return found;
      const topics = filter.replace(SHARED, '');
      if (isPattern(topics) && matchesPattern(topics.split('/'), channel)) found.push({ id, filter });
    }
  }
  return found;
}
