import { accountOf } from '@crosscomm/testing/accounts';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { secretPassword } from '@crosscomm/testing/secrets';
import { SlowProof } from '@crosscomm/testing/slow-proof';
import { buildHouse, type HouseOptions, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { ADMISSION_MS, type AdmissionRequest, type Verdict } from '../../src/access/admission.ts';
import { DENIAL_CODES } from '../../src/access/denial.ts';
import { type AdmittedSession, Principal } from '../../src/access/principal.ts';
import { makeToken } from '../../src/access/tokens.ts';
import type { Contest } from '../../src/hub/contest.ts';
import { Message } from '../../src/hub/message.ts';
import type { Protocol } from '../../src/hub/session.ts';

const PASSWORD = secretPassword();
const USERS = new Map([['anna', PASSWORD]]);

class Client extends MemorySession implements AdmittedSession {
  principal: Principal | undefined;
}

/** What the answers to a request are, in their order. */
function ask(house: TestHouse, request: Partial<AdmissionRequest>): Verdict[] {
  const verdicts: Verdict[] = [];
  const rest = { protocol: 'oocsi', peer: '10.0.0.7:4000', isGone: () => false } as const;
  house.access.admit({ ...rest, ...request }, (verdict) => verdicts.push(verdict));
  return verdicts;
}

function principalOf(house: TestHouse, id: string, protocol: Protocol = 'oocsi'): Principal {
  const principal = ask(house, { id, protocol })[0]?.principal;
  if (principal === undefined) throw new Error(`${id} was not admitted`);
  return principal;
}

function slowHouse(options: HouseOptions = {}): { house: TestHouse; proof: SlowProof } {
  const proof = new SlowProof();
  return { house: buildHouse({ ...options, prove: proof.prove }), proof };
}

describe('a newcomer', () => {
  it('is told who it is at once, where its proof takes no time', () => {
    const house = buildHouse({ users: USERS });
    expect(ask(house, { id: 'ben' })).toMatchObject([
      { principal: { id: 'ben', protocol: 'oocsi', peer: '10.0.0.7:4000', proof: 'none', account: undefined } },
    ]);
    expect(ask(house, { id: 'anna', secret: PASSWORD })).toMatchObject([{ principal: { proof: 'password' } }]);
  });

  it.each([
    ['a name that nobody can have', { id: 'new\nline' }, 'bad_name'],
    ['a name that is too long', { id: 'x'.repeat(257) }, 'bad_name'],
    ['a name that its wire has no place for', { id: 'a b', wireFault: 'it has a blank' }, 'bad_name'],
    ['a name of the gateway', { id: 'server' }, 'reserved'],
    ['no name', { id: '' }, 'reserved'],
    ['a private name without its password', { id: 'anna' }, 'password'],
    ['a private name with another password', { id: 'anna', secret: `${PASSWORD}s` }, 'password'],
    ['a private name on any other wire', { id: 'anna', protocol: 'mqtt' }, 'password'],
    ['a password where nobody has one', { id: 'ben', secret: 'x', insists: true }, 'password'],
  ] as const)('is refused for %s', (_, request, reason) => {
    const [verdict, ...more] = ask(buildHouse({ users: USERS }), request);
    expect(verdict).toMatchObject({ denial: { reason, code: DENIAL_CODES[reason] } });
    expect(more).toEqual([]);
  });

  it('is refused for the first that is wrong: what its wire allows, the gateway’s names, its proof, and who else has it', () => {
    const house = buildHouse({ users: new Map([...USERS, ['all', PASSWORD]]) });
    const reasonOf = (request: Partial<AdmissionRequest>): string | undefined => ask(house, request)[0]?.denial?.reason;
    expect(reasonOf({ id: 'all', secret: 'wrong', wireFault: 'it is written in capitals' })).toBe('bad_name');
    expect(reasonOf({ id: 'all', secret: 'wrong' })).toBe('reserved');
    house.hub.join(new MemorySession('anna', 'mqtt'));
    expect(reasonOf({ id: 'anna', secret: 'wrong' })).toBe('password');
    expect(reasonOf({ id: 'anna', secret: PASSWORD })).toBeUndefined();
    expect(house.access.enter(principalOf(house, 'ben'), new Client('anna'))?.reason).toBe('taken');
  });

  it('needs no name where it only asks', () => {
    expect(ask(buildHouse(), { protocol: 'http' })).toMatchObject([{ principal: { id: '' } }]);
  });
});

describe('a proof that takes its time', () => {
  it('is answered once it is there', async () => {
    const { house, proof } = slowHouse();
    const timers = house.clock.timers;
    const verdicts = ask(house, { id: 'anna' });
    expect(verdicts).toEqual([]);
    await proof.settle({ proof: 'password', account: 'anna' });
    expect(verdicts).toMatchObject([{ principal: { id: 'anna', account: 'anna' } }]);
    expect(house.clock.timers).toBe(timers);
  });

  it('does not hold up who is refused for its name', () => {
    expect(ask(slowHouse().house, { id: 'server' })).toMatchObject([{ denial: { reason: 'reserved' } }]);
  });

  it('is given up after ten seconds, and what comes later is not heard', async () => {
    const { house, proof } = slowHouse();
    const verdicts = ask(house, { id: 'anna' });
    house.clock.advance(ADMISSION_MS);
    expect(verdicts).toMatchObject([{ denial: { reason: 'busy', code: 'PEER_TOO_MANY' } }]);
    await proof.settle({ proof: 'none' });
    expect(verdicts).toHaveLength(1);
  });

  it('that fails is a refusal, and a fault of the gateway', async () => {
    const log = new MemoryLog();
    const { house, proof } = slowHouse({ log });
    const verdicts = ask(house, { id: 'anna' });
    await proof.fail();
    expect(verdicts).toMatchObject([{ denial: { reason: 'failed', code: 'INTERNAL' } }]);
    expect(log.contexts).toMatchObject([{ code: 'INTERNAL', who: 'anna' }]);
  });

  it('is not answered where nobody waits any more', async () => {
    const { house, proof } = slowHouse();
    const timers = house.clock.timers;
    let isGone = false;
    const verdicts = ask(house, { id: 'anna', isGone: () => isGone });
    isGone = true;
    await proof.settle({ proof: 'none' });
    expect(verdicts).toEqual([]);
    expect(house.clock.timers).toBe(timers);
  });

  it('ends in a refusal where what is done with it fails', async () => {
    const log = new MemoryLog();
    const { house, proof } = slowHouse({ log });
    const seen: (string | undefined)[] = [];
    const request = { id: 'anna', protocol: 'oocsi', peer: '', isGone: () => false } as const;
    house.access.admit(request, ({ denial }) => {
      seen.push(denial?.reason);
      throw new Error('out of order');
    });
    await proof.settle({ proof: 'none' });
    expect(seen).toEqual([undefined, 'failed']);
    expect(log.lines).toHaveLength(1);
  });
});

it('a proof that throws is a refusal', () => {
  const log = new MemoryLog();
  const house = buildHouse({
    log,
    prove: () => {
      throw new Error('out of order');
    },
  });
  expect(ask(house, { id: 'anna' })).toMatchObject([{ denial: { reason: 'failed', code: 'INTERNAL' } }]);
  expect(log.lines).toHaveLength(1);
});

describe('coming online', () => {
  it('makes the session known to its principal', () => {
    const house = buildHouse();
    const principal = principalOf(house, 'anna');
    const session = new Client('anna');
    expect(house.access.enter(principal, session)).toBeUndefined();
    expect(house.hub.session('anna')).toBe(session);
    expect(principal.session).toBe(session);
  });

  it('is refused where another has the id, and both are told of as a contest', () => {
    const house = buildHouse();
    const contests: Contest[] = [];
    house.hub.events.on('contest', (contest) => contests.push(contest));
    house.hub.join(new MemorySession('anna', 'mqtt'));
    const principal = principalOf(house, 'anna');
    const refused = { reason: 'taken', code: 'PEER_NAME_TAKEN', by: 'mqtt' };
    expect(house.access.enter(principal, new Client('anna'), { takeover: true })).toMatchObject(refused);
    expect(contests).toMatchObject([{ id: 'anna', protocol: 'oocsi', peers: ['10.0.0.7:4000', undefined] }]);
    // The guest of another is none.
    expect(house.access.enter(principal, new Client('anna'), { guestOf: 'mqtt' })).toMatchObject(refused);
    expect(contests).toHaveLength(1);
    expect(principal.session).toBeUndefined();
  });

  it('is refused under the name of a channel, where its wire wants that', () => {
    const house = buildHouse();
    const listener = new MemorySession('ben');
    house.hub.join(listener);
    house.hub.subscribe(listener, 'news');
    const principal = principalOf(house, 'news');
    const denial = house.access.enter(principal, new Client('news'), { refuseChannels: true });
    expect(denial).toMatchObject({ reason: 'taken', code: 'PEER_NAME_TAKEN', by: 'channel' });
    expect(house.access.enter(principal, new Client('news'))).toBeUndefined();
  });

  it('is refused where the name became the gateway’s own meanwhile', () => {
    const house = buildHouse();
    const principal = principalOf(house, 'lamp');
    house.hub.reserve('lamp');
    expect(house.access.enter(principal, new Client('lamp'))).toMatchObject({ reason: 'reserved' });
  });

  it('is refused once the admission was taken back, and ends where it was online', () => {
    const house = buildHouse();
    const principal = principalOf(house, 'anna');
    const session = new Client('anna');
    session.principal = principal;
    house.access.enter(principal, session);
    principal.revoke();
    expect(session.closedFor).toBe('revoked');
    expect(house.access.enter(principal, new Client('anna'))).toMatchObject({ reason: 'not_allowed' });
  });

  it('of another since is not ended by who was there before', () => {
    const house = buildHouse();
    const former = principalOf(house, 'anna');
    const session = new Client('anna');
    house.access.enter(former, session);
    session.principal = principalOf(house, 'anna');
    former.revoke();
    expect(session.closedFor).toBeUndefined();
  });
});

it('a name is lent to nobody while its client is online', () => {
  const house = buildHouse();
  const principal = principalOf(house, 'anna', 'http');
  expect(house.access.borrow(principal)).toBeUndefined();
  house.hub.join(new MemorySession('anna'));
  expect(house.access.borrow(principal)).toMatchObject({ reason: 'taken', code: 'PEER_NAME_TAKEN', by: 'oocsi' });
});

describe('a subscription', () => {
  const enter = (house: TestHouse): [Principal, Client] => {
    const principal = principalOf(house, 'anna');
    const session = new Client('anna');
    house.access.enter(principal, session);
    return [principal, session];
  };

  it('is had, once or again', () => {
    const house = buildHouse();
    const [principal, session] = enter(house);
    for (let times = 0; times < 2; times++) expect(house.access.subscribe(principal, session, 'news')).toBeUndefined();
    expect(house.hub.members('news')).toEqual(['anna']);
  });

  it.each([
    ['', 'bad_name'],
    ['a\nb', 'bad_name'],
    ['x'.repeat(1025), 'bad_name'],
    ['open[', 'bad_name'],
    ['locked:zzz', 'private'],
    ['all:zzz', 'private'],
    ['hidden:zzz', 'not_allowed'],
    ['third', 'too_many'],
  ] as const)('to %.20j is refused as %s', (address, reason) => {
    const house = buildHouse({ maxSubscriptions: 2 });
    const owner = new MemorySession('owner');
    house.hub.join(owner);
    house.hub.subscribe(owner, 'locked:secret');
    house.access.maySubscribe = (_, channel) => channel !== 'hidden';
    const [principal, session] = enter(house);
    for (const channel of reason === 'too_many' ? ['first', 'second'] : []) {
      house.access.subscribe(principal, session, channel);
    }
    const denial = house.access.subscribe(principal, session, address);
    expect(denial).toMatchObject({ reason, code: DENIAL_CODES[reason] });
    expect(denial?.why).not.toMatch(/zzz/);
  });

  it('is refused to who is not online', () => {
    const house = buildHouse();
    const denial = house.access.subscribe(principalOf(house, 'anna'), new Client('anna'), 'news');
    expect(denial).toMatchObject({ reason: 'not_joined' });
  });
});

describe('what a principal may do', () => {
  const { access } = buildHouse();
  const anyone = access.former({ protocol: 'http' });

  it('is nearly everything, but not to speak for the gateway', () => {
    expect(access.maySend(anyone, 'news')).toBe(true);
    expect(access.maySend(anyone, 'presence(anna)')).toBe(false);
    expect(access.maySubscribe(anyone, 'presence(anna)')).toBe(true);
    expect(access.mayRead(anyone, 'key')).toBe(true);
    expect(access.mayList(anyone)).toBe(true);
  });

  it.each([
    ['127.0.0.1:5000', true],
    ['127.0.0.1', true],
    ['[::1]:5000', true],
    ['10.0.0.7:5000', false],
    ['/dev/ttyUSB0', false],
  ])('is to operate from %s: %s', (peer, may) => {
    const { rights } = anyone;
    expect(access.mayOperate(new Principal({ id: '', protocol: 'http', peer, proof: 'none', rights }))).toBe(may);
  });
});

describe('a change of accounts', () => {
  const ROLE = {
    name: 'listener',
    readsInboxes: false,
    rules: [{ effect: 'allow', actions: ['subscribe'], topics: ['lab/#'] }],
  } as const;
  const ANNA = { name: 'anna', roles: ['listener'], ids: [], tokens: [], certificates: [] };

  /** Anna, online by a token and subscribed to `lab/light` and `lab/#`. */
  async function online(): Promise<{ house: TestHouse; session: Client }> {
    const token = makeToken();
    const house = buildHouse();
    house.roles.replace([ROLE]);
    await house.accounts.add(accountOf('anna', { token, roles: ['listener'] }));
    const session = new Client('anna');
    session.principal = ask(house, { id: 'anna', secret: token })[0]?.principal;
    if (session.principal === undefined) throw new Error('anna was not admitted');
    expect(house.access.enter(session.principal, session)).toBeUndefined();
    for (const address of ['lab/light', 'lab/#']) {
      expect(house.access.subscribe(session.principal, session, address)).toBeUndefined();
    }
    return { house, session };
  }

  const say = (house: TestHouse, to: string): void => {
    house.hub.send(new Message({ from: 'ben', to, kind: 'text', body: 'x', timestampMs: 0 }));
  };

  it('that takes the credential away ends the connection', async () => {
    const { house, session } = await online();
    await house.accounts.update('anna', (anna) => ({ ...anna, tokens: [] }));
    expect(session.closedFor).toBe('revoked');
  });

  it('that removes the account keeps who has not come online yet from doing so', async () => {
    const { house, session } = await online();
    const { principal } = session;
    house.hub.leave(session, 'left');
    await house.accounts.remove('anna');
    expect(principal && house.access.enter(principal, new Client('anna'))).toMatchObject({ reason: 'not_allowed' });
  });

  it('of rules ends subscriptions that are forbidden now, and leaves the others', async () => {
    const { house, session } = await online();
    house.roles.replace([{ ...ROLE, rules: [{ effect: 'allow', actions: ['subscribe'], topics: ['lab/door'] }] }]);
    say(house, 'lab/light');
    expect(session.received).toEqual([]);
    say(house, 'lab/door');
    expect(session.received).toMatchObject([{ to: 'lab/door' }]);
  });

  it('leaves nothing of one account to another that has its id later', async () => {
    const { house, session } = await online();
    house.hub.leave(session, 'closed');
    await house.accounts.update('anna', (anna) => ({ ...anna, roles: ['member'] }));
    const other = new Client('x1');
    other.principal = principalOf(house, 'x1');
    expect(house.access.enter(other.principal, other)).toBeUndefined();
    house.access.subscribe(other.principal, other, 'lab/light');
    house.hub.leave(other, 'closed');
    await house.accounts.add({ ...ANNA, name: 'cleo', ids: ['x*'] });
    const cleo = new Client('x1');
    house.hub.join(cleo, { account: 'cleo' });
    say(house, 'lab/light');
    expect(cleo.received).toEqual([]);
  });
});
