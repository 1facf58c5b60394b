import { fileURLToPath } from 'node:url';
import { Place } from '@crosscomm/testing/place';
import { Program } from '@crosscomm/testing/program';
import { PYTHON } from '@crosscomm/testing/python';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LIMIT_MS } from './support.ts';

const place = new Place();

beforeAll(async () => {
  await place.start();
});
afterAll(() => place.dispose());

it(
  'what stands for the package oocsi does in a room what that does, beside it',
  async () => {
    const { oocsi, http } = place.listeners;
    const script = fileURLToPath(new URL('./oocsi_pair.py', import.meta.url));
    const program = new Program('oocsi_pair.py', PYTHON, [script, String(oocsi.port), String(http.port)]);
    const next = (event: string): Promise<Record<string, unknown>> => program.take(event, {}, LIMIT_MS);
    const { handle } = await next('handle');
    expect(handle).toMatch(/^new-\d\d$/);
    expect(await next('heard by the new one')).toMatchObject({
      sender: 'old-1',
      recipient: 'lamp',
      data: { from: 'old' },
    });
    expect(await next('heard by the old one')).toMatchObject({ data: { from: 'new' } });
    expect(await next('receipt')).toMatchObject({ accepted: true });
    expect(await next('inbox')).toMatchObject({ sender: 'old-1', recipient: handle, data: { psst: 1 } });
    expect(await next('the old one called')).toMatchObject({ response: { x: 21, result: 42 } });
    expect(await next('the new one called')).toMatchObject({ response: { x: 5, result: 15 } });
    expect(await next('no such function')).toMatchObject({ error: 'timeout' });
    expect(await next('variables')).toMatchObject({ old: 99, new: 10 });
    const { device } = await next('device');
    expect(device).toMatchObject({
      'desk lamp': {
        properties: { device_id: handle, owner: 'anna' },
        location: { lab: [51.4, 5.5] },
        components: {
          light: { type: 'light', channel_name: 'lamp', ledType: 'RGB', spectrum: 'RGB', state: false },
          power: { type: 'switch', channel_name: 'lamp/power' },
          'light level': { type: 'sensor', sensor_type: 'illuminance', unit: 'lx', value: 0 },
        },
      },
    });
    expect(await next('no gateway')).toMatchObject({
      text: expect.stringContaining('no connection to ws://127.0.0.1:9'),
    });
    await program.stop();
  },
  2 * LIMIT_MS,
);
