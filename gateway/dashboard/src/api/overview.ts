import { useEffect } from 'preact/hooks';
import { setGatewayTime } from '../common/gateway-clock.ts';
import { Ring } from '../common/ring.ts';
import { Store, useStore } from '../common/store.ts';
import { ApiError, get } from './client.ts';
import { feed, useFeed } from './feed.ts';
import type { Overview } from './types.ts';

/** How the gateway is doing, and undefined before it has said so. */
export const overview = new Store<Overview | undefined>(undefined);

/** Whether the gateway has answered the last time. */
export const isReachable = new Store(true);

/** Messages and deliveries a second, one each second. */
export interface RatePoint {
  /** Milliseconds since 1970, by the gateway's clock. */
  timeMs: number;
  messagesPerS: number;
  deliveriesPerS: number;
}

/** The last ten minutes, as long as the page has been open: some 20 kB. */
export const rateHistory = new Ring<RatePoint>(600);

const POLL_MS = 2_000;

/** How many news were taken. */
let taken = 0;
let isAsking = false;

function take(news: Overview): void {
  taken++;
  setGatewayTime(news.nowMs);
  // The clock of the gateway was set back.
  if (news.nowMs < (overview.value?.nowMs ?? 0)) rateHistory.clear();
  rateHistory.push({ timeMs: news.nowMs, ...news.rates });
  isReachable.set(true);
  overview.set(news);
}

async function poll(): Promise<void> {
  // Where no answer comes, questions would take all connections of the browser.
  if (isAsking) return;
  isAsking = true;
  const before = taken;
  try {
    const news = await get<Overview>('/api/v1/overview');
    // The feed may have told newer ones meanwhile; the clock does not say which are, as it may have been set back.
    if (taken === before) take(news);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.isUnreachable) isReachable.set(false);
  } finally {
    isAsking = false;
  }
}

/** Keeps `overview` the newest for as long as the component is shown: by the live feed, or by asking while there is none. */
export function useOverviewNews(): void {
  useFeed({ overview: take });
  const state = useStore(feed.state);
  useEffect(() => {
    void poll();
    if (state === 'live') return undefined;
    const timer = setInterval(() => void poll(), POLL_MS);
    return () => clearInterval(timer);
  }, [state]);
}
