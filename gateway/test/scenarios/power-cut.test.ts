import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { afterAll, expect, it } from 'vitest';
import { Crowd } from '../../../bench/soak/crowd.mjs';

const SEED = Number(process.env.FC_SEED ?? 1);
const gateway = new GatewayProcess();
afterAll(() => gateway.dispose());

it('a gateway that is killed again and again under load has every acknowledged message for 200 MQTT sessions, in order, and of QoS 2 once', {
  timeout: 180_000,
}, async () => {
  const { mqtt } = await gateway.start();
  const crowd = new Crowd(mqtt.port, { sessions: 200, seed: SEED, everyMs: 5, moves: 1 });
  await crowd.begin();
  for (let kills = 0; kills < 2; kills++) {
    await crowd.more(300 + ((SEED * 131 + kills * 577) % 400));
    await gateway.kill();
    await gateway.start();
  }
  await crowd.more(100);
  expect(await crowd.finish()).toEqual([]);
});
