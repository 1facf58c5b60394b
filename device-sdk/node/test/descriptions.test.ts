import type { DeviceDescription } from '@crosscomm/client';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { TestGateway } from './support/gateway.ts';

const DESK: DeviceDescription = {
  name: 'Desk',
  area: 'Lab',
  components: [{ name: 'lamp', type: 'switch', channel: 'desk-lamp' }],
};
const gateway = new TestGateway();

beforeAll(() => gateway.start());
afterEach(() => gateway.logoutAll());
afterAll(() => gateway.dispose());

async function devices(): Promise<unknown[]> {
  const answer = await fetch(`http://127.0.0.1:${gateway.http.port}/api/v1/devices`);
  return ((await answer.json()) as { devices: unknown[] }).devices;
}

test('a client that describes itself is listed, also where it did so before its login', async () => {
  const ann = gateway.client('ann');
  await ann.service.describe(DESK);
  await ann.service.login();
  await expect.poll(devices).toMatchObject([{ name: 'Desk', client: 'ann', online: true, area: 'Lab' }]);
  await ann.service.describe({ ...DESK, name: 'Table' });
  expect(await devices()).toMatchObject([{ name: 'Table', components: [{ name: 'lamp', channel: 'desk-lamp' }] }]);
});

test('a description that is wrong is refused, with where it is wrong', async () => {
  const ann = await gateway.login('ann');
  const components = [{ name: 'lamp', type: 'toaster' as 'switch', channel: 'desk-lamp' }];
  const refused = ann.service.describe({ components });
  await expect(refused).rejects.toMatchObject({
    code: 'malformed',
    message: expect.stringContaining('components.0.type'),
  });
});

test("by CrossComm's text it is not supported", async () => {
  const ann = await gateway.login('ann', { protocol: 'crosscomm' });
  await expect(ann.service.describe(DESK)).rejects.toMatchObject({ code: 'not_supported' });
});
