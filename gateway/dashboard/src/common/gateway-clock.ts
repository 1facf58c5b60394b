import { useEffect } from 'preact/hooks';
import { Store, useStore } from './store.ts';

let offsetMs = 0;

/** Remembers what time it is at the gateway, whose clock may not be the browser's. `nowMs`: milliseconds since 1970, just read there. */
export function setGatewayTime(nowMs: number): void {
  offsetMs = nowMs - Date.now();
}

/** What time it is at the gateway: milliseconds since 1970. */
export function gatewayNow(): number {
  return Date.now() + offsetMs;
}

const ticks = new Store(0);
let watchers = 0;
let timer: ReturnType<typeof setInterval> | undefined;

/** What time it is at the gateway; the component is drawn again each second. One timer does so for all of them. */
export function useGatewayNow(): number {
  useStore(ticks);
  useEffect(() => {
    if (watchers++ === 0) timer = setInterval(() => ticks.set(ticks.value + 1), 1000);
    return () => {
      if (--watchers === 0) clearInterval(timer);
    };
  }, []);
  return gatewayNow();
}
