import type { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { vi } from 'vitest';

const LIMITS = { timeout: 60_000, interval: 50 };

/** Waits until `id` is subscribed to `channel`, as the gateway tells `watcher`. */
export async function waitForSubscriber(watcher: OocsiClient, channel: string, id: string): Promise<void> {
  await askUntil(watcher, `channels ${channel}`, id);
}

/** Waits until `id` is online, as the gateway tells `watcher`. */
export async function waitForClient(watcher: OocsiClient, id: string): Promise<void> {
  await askUntil(watcher, 'clients', id);
}

/** Asks until the answer, a list with commas, has `name`. A channel without subscribers gets no answer at all. */
async function askUntil(watcher: OocsiClient, question: string, name: string): Promise<void> {
  await vi.waitFor(async () => {
    watcher.send(question);
    await watcher.settle();
    const lists = watcher.kept.filter((line) => !line.startsWith('{'));
    if (!lists.some((line) => line.split(/, ?/).includes(name))) throw new Error(`${question}: ${lists.at(-1)}`);
  }, LIMITS);
}
