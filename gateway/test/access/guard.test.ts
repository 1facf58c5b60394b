import { createHash } from 'node:crypto';
import { accountOf } from '@crosscomm/testing/accounts';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { secretPassword } from '@crosscomm/testing/secrets';
import { MemoryAccounts } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { AccountBook } from '../../src/access/account-book.ts';
import type { Claim, Prove, Proven } from '../../src/access/claim.ts';
import { FairQueue } from '../../src/access/fair-queue.ts';
import { Guard, WRONG_PROOFS, type WrongProof } from '../../src/access/guard.ts';
import { hashPassword } from '../../src/access/password-hashes.ts';
import { proofOf } from '../../src/access/proof.ts';
import { makeToken } from '../../src/access/tokens.ts';
import { networkOf } from '../../src/common/network-of.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';

const TOKEN = makeToken();
const RIGHT = secretPassword();
/** A hash of mosquitto's that takes no time: what is tested here is who waits, not for how long a check takes. */
const SALT = Buffer.from('salt');
const KEY = createHash('sha512').update(RIGHT).update(SALT).digest('base64');
const password = `$6$${SALT.toString('base64')}$${KEY}`;

interface Attacked {
  clock: FakeClock;
  metrics: MetricsRegistry;
  reports: WrongProof[];
  prove: Prove;
}

async function attacked(own = password): Promise<Attacked> {
  const clock = new FakeClock();
  const metrics = new MetricsRegistry();
  const reports: WrongProof[] = [];
  const accounts = new AccountBook(new MemoryAccounts());
  const rest = { roles: ['member'], ids: [], certificates: [] };
  const { tokens } = accountOf('anna', { token: TOKEN });
  const others = ['ben', ...Array.from({ length: 20 }, (_, index) => `name-${index}`)];
  await accounts.addAll([
    { ...rest, name: 'anna', password: own, tokens },
    ...others.map((name) => ({ ...rest, name, password, tokens: [] })),
  ]);
  const guard = new Guard({ clock, metrics, report: (wrong) => reports.push(wrong) });
  return { clock, metrics, reports, prove: proofOf({ accounts, clock, anonymous: 'loopback', guard }) };
}

const HERE = '10.0.0.7:4000';

function claim(rest: Partial<Claim>): Claim {
  return { protocol: 'mqtt', peer: HERE, account: 'anna', isGone: () => false, ...rest };
}

/** So many wrong tries, one after the other, each of which is answered. */
async function guess({ prove, clock }: Attacked, count: number, rest: Partial<Claim> = {}): Promise<void> {
  for (let index = 0; index < count; index++) {
    const answer = prove(claim({ secret: `guess ${index}`, ...rest }));
    await settled(clock, answer);
  }
}

/** An answer, and how long it took by the clock, which moves on as long as it does not come. */
async function settled(clock: FakeClock, answer: Proven | Promise<Proven>): Promise<Proven & { waitedMs: number }> {
  let proven: Proven | undefined;
  const done = Promise.resolve(answer).then((result) => {
    proven = result;
  });
  let waitedMs = 0;
  while (proven === undefined) {
    const isWaiting = clock.timers > 0;
    if (isWaiting) {
      clock.advance(100);
      waitedMs += 100;
    }
    // A check of a password is work of another thread.
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, isWaiting ? 0 : 5))]);
  }
  return { ...proven, waitedMs };
}

describe('wrong passwords', () => {
  it('of one address at one account have to wait after a few', async () => {
    const house = await attacked();
    await guess(house, 5);
    const late = await settled(house.clock, house.prove(claim({ secret: 'guess' })));
    expect(late).toMatchObject({ reason: 'password' });
    expect(late.waitedMs).toBeGreaterThanOrEqual(1000);
  });

  it('are the same for a name that is no account’s', async () => {
    const house = await attacked();
    await guess(house, 5, { account: 'nobody' });
    const late = await settled(house.clock, house.prove(claim({ account: 'nobody', secret: 'guess' })));
    expect(late).toMatchObject({ reason: 'password', why: 'wrong user name, password or token' });
    expect(late.waitedMs).toBeGreaterThanOrEqual(1000);
  });

  it('at many names have to wait as well', async () => {
    const house = await attacked();
    for (let index = 0; index < 20; index++) await guess(house, 1, { account: `name-${index}` });
    expect((await settled(house.clock, house.prove(claim({ secret: 'guess' })))).waitedMs).toBeGreaterThan(0);
  });

  it('at once are refused without work beyond a few', async () => {
    const house = await attacked();
    const answers = Array.from({ length: 100 }, (_, index) => house.prove(claim({ secret: `guess ${index}` })));
    const refused = answers.filter((answer) => !(answer instanceof Promise));
    expect(refused.length).toBeGreaterThan(85);
    expect(refused[0]).toMatchObject({ reason: 'busy' });
  });

  it('are forgotten after a while', async () => {
    const house = await attacked();
    await guess(house, 5);
    house.clock.advance(60_000);
    expect((await settled(house.clock, house.prove(claim({ secret: 'guess' })))).waitedMs).toBe(0);
  });

  it('are counted, and logged once for a burst, with account and address and without the secret', async () => {
    const house = await attacked();
    await guess(house, 7);
    expect(house.metrics.counters(WRONG_PROOFS).of({ protocol: 'mqtt' }).value).toBe(7);
    expect(house.reports.map(({ who, code }) => `${who} ${code}`)).toEqual([
      '10.0.0.7 PEER_WRONG_SECRET',
      '10.0.0.7 PEER_WRONG_SECRET',
    ]);
    const [first, slowed] = house.reports.map(({ message }) => message);
    expect(first).toBe('A wrong password or token came for the account anna.');
    expect(slowed).toContain('must wait');
    expect(JSON.stringify(house.reports)).not.toContain('guess');
  });

  it('do not tell of a name that is no account’s, which may be a secret', async () => {
    const house = await attacked();
    await guess(house, 1, { account: RIGHT, secret: 'anna' });
    expect(JSON.stringify(house.reports)).not.toContain(RIGHT);
  });
});

describe('while somebody guesses', () => {
  it('a token is let in at once, from the same address', async () => {
    const house = await attacked();
    await guess(house, 12);
    expect(house.prove(claim({ secret: TOKEN }))).toMatchObject({ proof: 'token' });
  });

  it('a right password of the same account is let in at once, from another address', async () => {
    const house = await attacked();
    await guess(house, 12);
    const answer = await settled(house.clock, house.prove(claim({ secret: RIGHT, peer: '10.0.0.8:1' })));
    expect(answer).toMatchObject({ proof: 'password', waitedMs: 0 });
  });

  it('from everywhere, a right password from a new address waits three seconds at most', async () => {
    const house = await attacked();
    for (let index = 0; index < 80; index++) {
      void Promise.resolve(house.prove(claim({ secret: 'guess', peer: `10.1.0.${index}:1`, isGone: () => true })));
    }
    const answer = await settled(house.clock, house.prove(claim({ secret: RIGHT })));
    expect(answer).toMatchObject({ proof: 'password' });
    expect(answer.waitedMs).toBeGreaterThan(0);
    expect(answer.waitedMs).toBeLessThanOrEqual(3100);
  });

  it('a password that was right before is let in at once', async () => {
    const house = await attacked();
    await settled(house.clock, house.prove(claim({ secret: RIGHT })));
    await guess(house, 7);
    expect(house.prove(claim({ secret: RIGHT }))).toMatchObject({ proof: 'password' });
  });

  it.each([
    ['from this machine', { peer: '127.0.0.1:5' }],
    ['by a cable', { peer: '/dev/ttyACM0', isCable: true }],
  ])('%s, the right one is not slowed', async (_, near) => {
    const house = await attacked();
    await guess(house, 8, near);
    const answer = await settled(house.clock, house.prove(claim({ secret: RIGHT, ...near })));
    expect(answer).toMatchObject({ proof: 'password', waitedMs: 0 });
  });

  it('through a proxy of this machine, it is slowed', async () => {
    const house = await attacked();
    const remote = { peer: '127.0.0.1:5', isRemote: true };
    await guess(house, 5, remote);
    expect((await settled(house.clock, house.prove(claim({ secret: RIGHT, ...remote })))).waitedMs).toBeGreaterThan(0);
  });

  it('at names that do not exist, from many addresses, one place for passwords is left to those that do', async () => {
    const house = await attacked(await hashPassword(RIGHT));
    let refused = 0;
    for (let index = 0; index < 60; index++) {
      const guessing = house.prove(claim({ account: `nobody-${index}`, secret: 'x', peer: `10.1.0.${index}:1` }));
      void Promise.resolve(guessing).then(() => refused++);
    }
    const answer = await settled(house.clock, house.prove(claim({ secret: RIGHT })));
    expect(answer).toMatchObject({ proof: 'password', waitedMs: 0 });
    // The 60 take as long as this one each, one after the other in the other place.
    expect(refused).toBeLessThan(30);
  });

  it('one address has one password checked at a time, so that two answers do not tell an account from none', async () => {
    const house = await attacked();
    const answered: string[] = [];
    const ask = async (what: string, peer: string): Promise<void> => {
      await house.prove(claim({ secret: 'x', peer }));
      answered.push(what);
    };
    // So many that a machine that is busy with something else does not take as long for one as for all of them.
    const numbers = [1, 2, 3, 4, 5];
    const all = numbers.map((number) => ask(`${number}`, `10.1.0.1:${number}`));
    await Promise.all([...all, ask('of another address', '10.1.0.2:1')]);
    expect(answered.filter((what) => what !== 'of another address')).toEqual(numbers.map(String));
    expect(answered.at(-1)).toBe('5');
  });

  it('whoever has gone meanwhile costs no work', async () => {
    const house = await attacked();
    const gone = Array.from({ length: 15 }, (_, index) =>
      house.prove(claim({ account: 'ben', secret: 'x', peer: `10.1.0.${index}:1`, isGone: () => true })),
    );
    expect(await Promise.all(gone)).toEqual(gone.map(() => expect.objectContaining({ reason: 'busy' })));
  });
});

describe('what waits', () => {
  it('has its turn by whose it is', () => {
    const queue = new FairQueue<string>(5, 3);
    const taken = ['a1', 'a2', 'a3', 'a4', 'b1'].map((item) => queue.add(item.slice(0, 1), item));
    expect(taken).toEqual([true, true, true, false, true]);
    expect([queue.take(), queue.take(), queue.take(), queue.take(), queue.take()]).toEqual([
      ...['a1', 'b1', 'a2', 'a3'],
      undefined,
    ]);
    expect(queue.size).toBe(0);
  });

  it.each([
    ['10.0.0.7', '10.0.0.7'],
    ['::ffff:10.0.0.7', '10.0.0.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80::1'],
    ['/dev/ttyACM0', '/dev/ttyACM0'],
  ])('of %s is that of %s', (address, network) => expect(networkOf(address)).toBe(network));
});
