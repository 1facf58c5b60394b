import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Version } from './packets.ts';
import { pageOf } from './page.ts';
import { RULES } from './rules/all.ts';
import { STATEMENTS_4 } from './statements-3.1.1.ts';
import { STATEMENTS_5 } from './statements-5.ts';
import { openTarget, type Rule, type Target, Trial } from './trial.ts';

/**
 * Every MUST of the specifications that a broker can be seen to keep has a test with its number. Where a test fails, it is the gateway that is
 * wrong, or the test: CONTRIBUTING.md says how to try the same rules with mosquitto.
 */

const GATEWAY = fileURLToPath(new URL('../../../', import.meta.url));
const PAGE = join(GATEWAY, '../docs/mqtt-conformance.md');

/** Versions, with what they demand. */
const MQTT_4 = { name: 'MQTT 3.1.1', version: 4, statements: STATEMENTS_4 } as const;
const MQTT_5 = { name: 'MQTT 5', version: 5, statements: STATEMENTS_5 } as const;

const numbersOf = (rule: Rule, version: Version): string[] => rule[version]?.split(' ') ?? [];

describe.each([
  [MQTT_4.name, { ...MQTT_4, core: 'aedes' }],
  [`${MQTT_4.name} by the core of ${MQTT_5.name}`, { ...MQTT_4, core: 'own' }],
  [MQTT_5.name, { ...MQTT_5, core: 'aedes' }],
] as const)('%s', (_, { version, statements, core }) => {
  let target: Target;
  beforeAll(async () => {
    target = await openTarget(core);
  });
  afterAll(async () => {
    await target.close();
  });

  const rules = RULES.filter((rule) => rule[version] !== undefined);
  const tried = new Set<string>();
  const named = rules.map((rule, at) => {
    const numbers = numbersOf(rule, version);
    return [`${numbers.map((number) => `[MQTT-${number}]`).join(' ')} ${rule.is}`, rule, at] as const;
  });
  it.each(named)('%s', async (_, rule, at) => {
    const trial = new Trial(target, version, `v${version}r${at}`);
    try {
      await rule.run(trial);
    } finally {
      trial.end();
    }
    for (const number of numbersOf(rule, version)) tried.add(number);
  });

  it('has a test that ran, or a reason why there can be none, for each number', () => {
    const demanded = [...statements].filter(([, { why }]) => why === undefined).map(([number]) => number);
    expect([...tried].sort()).toEqual(demanded.sort());
  });
});

it('has every number that is named in the gateway and its tests', () => {
  for (const folder of ['src', 'test']) {
    for (const name of readdirSync(join(GATEWAY, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const text = readFileSync(join(GATEWAY, folder, name), 'utf8');
      const named = [...text.matchAll(/MQTT-(\d[\d.]+-\d+)/g)].map(([, number = '']) => number);
      const unknown = named.filter((number) => !STATEMENTS_4.has(number) && !STATEMENTS_5.has(number));
      expect(unknown, name).toEqual([]);
    }
  }
});

it('is shown in docs/mqtt-conformance.md as it is tested', async () => {
  await expect(pageOf([MQTT_4, MQTT_5])).toMatchFileSnapshot(PAGE);
});
