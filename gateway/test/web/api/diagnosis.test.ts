import { afterEach, expect, it } from 'vitest';
import type { Diagnosis } from '../../../src/web/api/diagnosis.ts';
import type { WebServerOptions } from '../../../src/web/server.ts';
import { buildWebHouse, type WebHouse } from '../support.ts';

let house: WebHouse;
afterEach(() => house.app.close());

async function diagnosis(options: Partial<WebServerOptions> = {}, isTrusted = true): Promise<Diagnosis> {
  house = await buildWebHouse(options);
  house.clock.trusted = isTrusted;
  return (await house.app.inject('/api/v1/diagnosis')).json() as Diagnosis;
}

it('tells what is well, and first what is not, with what to do about it', async () => {
  const { findings, timeMs } = await diagnosis({}, false);
  expect(timeMs).toBe(house.clock.now());
  expect(findings[0]).toMatchObject({
    code: 'clock',
    level: 'warning',
    advice: expect.stringContaining('time server'),
  });
  expect(findings.find(({ code }) => code === 'overloaded')).toEqual({
    ...{ code: 'overloaded', level: 'ok', values: { delayMs: 0 }, sentence: 'The gateway keeps up with its work.' },
  });
});

it('looks at the machine only when somebody asks', async () => {
  let times = 0;
  const examine = async () => {
    times++;
    return [{ code: 'power', level: 'fault' as const, values: {}, sentence: 'It is dark.', advice: 'Light it.' }];
  };
  const { findings } = await diagnosis({ examine });
  expect(findings[0]?.code).toBe('power');
  await house.app.inject('/api/v1/overview');
  expect(times).toBe(1);
});
