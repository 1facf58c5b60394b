import { FakeClock } from '@crosscomm/testing/fake-clock';
import { buildHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import { Guard, type WrongProof } from '../../src/access/guard.ts';
import { rightsOf, slowed } from '../../src/app/oss.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';
import type { AccessKey } from '../../src/oss/access-keys.ts';
import { addAccount } from '../web/accounts.ts';
import { BUCKET, buildEndpoint, type EndpointHouse, signedFetch } from './support.ts';

let house: EndpointHouse;
let anna: AccessKey;
/** By which wrong signatures wait; it moves on when a test says so. */
let clock: FakeClock;
let reports: WrongProof[];

beforeEach(async () => {
  const people = buildHouse();
  await addAccount(people, 'anna');
  clock = new FakeClock();
  reports = [];
  const guard = new Guard({ clock, metrics: new MetricsRegistry(), report: (wrong) => reports.push(wrong) });
  house = await buildEndpoint({
    rightsOf: (account, peer) => rightsOf(people, account, peer),
    // A program of this machine is not slowed.
    wrongSignature: (wrong) => slowed(guard, { ...wrong, address: '10.0.0.7' }),
  });
  anna = await house.keys.create('anna', 0, { account: 'anna' });
});

async function ask(key: AccessKey): Promise<string> {
  const answer = await signedFetch({ ...house, key }, 'GET', `/${BUCKET}/`, {});
  const text = await answer.text();
  return answer.ok ? 'right' : `${answer.status} ${/<Code>(.*)<\/Code>/.exec(text)?.[1]}`;
}

const guess = (): Promise<string> => ask({ ...anna, secret: 'guessed' });
const MISMATCH = '403 SignatureDoesNotMatch';

describe('wrong signatures', () => {
  it('of one address are slowed, and right ones are not', async () => {
    for (let index = 0; index < 5; index++) expect(await guess()).toBe(MISMATCH);
    let late: string | undefined;
    const answered = guess().then((code) => {
      late = code;
    });
    await expect.poll(() => clock.timers).toBe(1);
    expect(await ask(anna)).toBe('right');
    expect(late).toBeUndefined();
    clock.advance(2000);
    await answered;
    expect(late).toBe(MISMATCH);
    const [wrong, slow] = reports.map(({ message }) => message);
    expect(reports).toHaveLength(2);
    expect(wrong).toBe('A wrong signature came for the account anna.');
    expect(slow).toContain('A signature for the account anna must wait.');
  });

  it('that would wait too long are refused, those of keys that do not exist as well', async () => {
    const unknown = { ...anna, id: `cc${'0'.repeat(20)}` };
    for (let index = 0; index < 5; index++) expect(await ask(unknown)).toBe('403 InvalidAccessKeyId');
    const answers: string[] = [];
    const waiting = Array.from({ length: 10 }, async () => answers.push(await ask(unknown)));
    await expect.poll(() => answers).toEqual(Array(7).fill('503 QpsLimitExceeded'));
    expect(clock.timers).toBe(3);
    clock.advance(6000);
    await Promise.all(waiting);
    expect(answers.slice(7)).toEqual(Array(3).fill('403 InvalidAccessKeyId'));
    expect(reports[0]?.message).toBe('A wrong signature came for an access key without an account.');
  });
});
