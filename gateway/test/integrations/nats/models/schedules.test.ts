import { isLong } from '@crosscomm/testing/long-runs';
import { test } from 'vitest';
import { runSchedules } from './schedules.ts';

const SCHEDULES = isLong ? 1000 : 15;

test('whatever is cut, killed, refused and late, and wherever a client goes, each kept message arrives once', async () => {
  await runSchedules(SCHEDULES);
}, 600_000);
