import { test } from 'vitest';
import { runSchedules } from './schedules.ts';

test('whatever is cut, killed, refused and late, and wherever a client goes, each kept message arrives once', async () => {
  await runSchedules(Number(process.env.CROSSCOMM_SCHEDULES ?? 15));
});
