import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryAccounts } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, test } from 'vitest';
import { AccountBook } from '../../src/access/account-book.ts';
import { ChannelNames } from '../../src/access/channel-names.ts';
import { Guard } from '../../src/access/guard.ts';
import { Pairings } from '../../src/access/pairing.ts';
import type { Principal } from '../../src/access/principal.ts';
import { proofOf } from '../../src/access/proof.ts';
import { RoleBook } from '../../src/access/roles.ts';
import { TokenOffers, type TokenWish } from '../../src/access/token-offers.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';

const MINUTE_MS = 60_000;
const LIVE = {
  names: () => ['anna', 'uno-2', 'fan-desk'],
  members: (channel: string) => (channel === 'uno-2' ? ['anna', 'ben', 'cleo', 'uno-2', 'dora'] : []),
  retainedChannels: () => ['fan-desk'],
  retained: (channel: string) => (channel === 'fan-desk' ? {} : undefined),
};
const STORES = { password: null, storesTokens: true };
const WISH = { roles: ['device'], lifetimeMs: 5 * MINUTE_MS };

let clock: FakeClock;
let roles: RoleBook;
let channels: ChannelNames;
let accounts: AccountBook;
let pairings: Pairings;
let offers: TokenOffers;
let prove: ReturnType<typeof proofOf>;

beforeEach(() => {
  clock = new FakeClock();
  accounts = new AccountBook(new MemoryAccounts());
  roles = new RoleBook();
  channels = new ChannelNames(roles, LIVE);
  pairings = new Pairings({ accounts, roles, channels, clock });
  offers = new TokenOffers({ accounts, clock, pairings, channels });
  const guard = new Guard({ clock, metrics: new MetricsRegistry(), report: () => {} });
  prove = proofOf({ accounts, clock, anonymous: 'deny', guard, pairing: { pairings, offers } });
});

/** What becomes of a client that comes with this secret. */
async function come(id: string, secret: string): Promise<string> {
  const proven = await prove({ id, protocol: 'frames', peer: '192.168.1.7:50000', secret, isGone: () => false });
  return proven.reason === undefined ? `${proven.proof} of ${proven.account}` : proven.why;
}

const WRONG = 'the pairing code is wrong, used up or too old';
const wrongOf = (code: string): string => `pair:${code === '111111' ? '222222' : '111111'}`;

describe('a pairing code', () => {
  test.each(['server', 'all', 'OOCSI_clients'])(
    'gives nobody an account of a name of the gateway: %s',
    async (name) => {
      const { code } = pairings.open(WISH);
      expect(await come(name, `pair:${code}`)).toMatch(/is the gateway's own, and can be nobody else's/);
      expect(accounts.get(name)).toBeUndefined();
      expect(await come('esp-1', `pair:${code}`)).toBe('token of esp-1');
    },
  );

  test('gives whoever comes with it an account of its own, with a token that uses the code up', async () => {
    const { id, code } = pairings.open(WISH);
    expect(code).toMatch(/^\d{6}$/);
    expect(await come('esp-1', `pair:${code}`)).toBe('token of esp-1');
    expect(accounts.get('esp-1')).toMatchObject({ roles: ['device'], tokens: [{ label: 'paired' }] });
    expect(pairings.view(id)).toMatchObject({ state: 'joined', client: { id: 'esp-1', peer: '192.168.1.7:50000' } });
    const token = pairings.offerFor(accounts.get('esp-1')?.tokens[0]?.id) ?? '';
    expect(await come('esp-1', token)).toBe('token of esp-1');
    expect(pairings.view(id)).toMatchObject({ state: 'paired', leftMs: 0 });
    expect(await come('esp-1', `pair:${code}`)).toBe(WRONG);
  });

  test('may be used again by the same client until then, with the same token, and by no other', async () => {
    const { code } = pairings.open(WISH);
    await come('esp-1', `pair:${code}`);
    const before = accounts.get('esp-1')?.tokens;
    expect(await come('esp-1', `pair:${code}`)).toBe('token of esp-1');
    expect(accounts.get('esp-1')?.tokens).toEqual(before);
    expect(await come('esp-2', `pair:${code}`)).toMatch('belongs to another client');
  });

  test('is not for a page of another origin, which cannot end it by trying either', async () => {
    const { code } = pairings.open(WISH);
    const claim = { id: 'page', protocol: 'frames', peer: '192.168.1.7:50000', isGone: () => false } as const;
    for (let times = 0; times < 6; times++) {
      const proven = await prove({ ...claim, secret: wrongOf(code), page: 'https://evil.example' });
      expect(proven).toMatchObject({ reason: 'not_allowed' });
    }
    expect(await prove({ ...claim, secret: `pair:${code}`, page: 'https://evil.example' })).toMatchObject({
      reason: 'not_allowed',
    });
    expect(await come('esp-1', `pair:${code}`)).toBe('token of esp-1');
  });

  test('gives nobody an id that is a channel by a rule, unless it is for that', async () => {
    const rules = [{ effect: 'allow', actions: ['subscribe'], topics: ['news', 'lab/#'] }] as const;
    roles.replace([{ name: 'reader', readsInboxes: false, rules }]);
    const { code } = pairings.open(WISH);
    expect(await come('news', `pair:${code}`)).toMatch(
      'is a channel, too: the role reader has a rule about it. Name it when you pair',
    );
    expect(accounts.ownerOf('news')).toBeUndefined();
    expect(await come('esp-1', `pair:${code}`)).toBe('token of esp-1');
    expect(await come('news', `pair:${pairings.open({ ...WISH, name: 'news' }).code}`)).toBe('token of news');
  });

  test('of two that come at once is one’s alone', async () => {
    const { code } = pairings.open(WISH);
    const answers = await Promise.all(['esp-1', 'esp-2'].map((id) => come(id, `pair:${code}`)));
    expect(answers.filter((answer) => answer === 'token of esp-1')).toHaveLength(1);
    expect(accounts.list()).toHaveLength(1);
  });

  test('expires', async () => {
    const { id, code } = pairings.open(WISH);
    clock.advance(5 * MINUTE_MS + 1);
    expect(pairings.view(id)?.state).toBe('expired');
    expect(await come('esp-1', `pair:${code}`)).toBe('it needs a user name and a password, or a token');
    expect(accounts.hasAny).toBe(false);
  });

  test('ends after five wrong ones, whoever tries them, and those that were right once are no guess', async () => {
    const former = pairings.open(WISH);
    pairings.cancel(former.id);
    const { id, code } = pairings.open(WISH);
    for (let times = 0; times < 9; times++) expect(await come('old', `pair:${former.code}`)).toBe(WRONG);
    for (let times = 0; times < 9; times++) expect(await come('old', 'pair:none')).toBe(WRONG);
    for (const name of ['a', 'b', 'c', 'd']) await come(name, wrongOf(code));
    expect(pairings.view(id)).toMatchObject({ state: 'waiting', wrongTries: 4 });
    await come('e', wrongOf(code));
    expect(pairings.view(id)?.state).toBe('guessed');
    expect(await come('esp-1', `pair:${code}`)).toBe('it needs a user name and a password, or a token');
    expect(accounts.hasAny).toBe(false);
  });

  test('may be written with a blank in the middle', async () => {
    const { code } = pairings.open(WISH);
    expect(await come('esp-1', `pair:${code.slice(0, 3)} ${code.slice(3)}`)).toBe('token of esp-1');
  });

  test('does not make anybody another account', async () => {
    await accounts.add({ name: 'anna', roles: ['admin'], ids: [], tokens: [], certificates: [] });
    const { code } = pairings.open(WISH);
    expect(await come('anna', `pair:${code}`)).toMatch('there is an account anna already');
    expect(await come('anna-phone', `pair:${code}`)).toMatch('belongs to the account anna');
    expect(accounts.get('anna')?.tokens).toEqual([]);
    // It was nobody's yet.
    expect(await come('esp-1', `pair:${code}`)).toBe('token of esp-1');
  });

  test('for an account gives that one a token, and the client’s id if nobody has it', async () => {
    const { code } = pairings.open({ ...WISH, name: 'door' });
    expect(await come('24:0A:C4:3F', `pair:${code}`)).toBe('token of door');
    expect(accounts.ownerOf('24:0A:C4:3F')).toBe('door');
  });

  test('gives a device that has lost its token another one, in place of that', async () => {
    const first = pairings.open(WISH);
    await come('esp-1', `pair:${first.code}`);
    const lost = pairings.offerFor(accounts.get('esp-1')?.tokens[0]?.id) ?? '';
    await come('esp-1', lost);
    const second = pairings.open(WISH);
    await come('esp-1', `pair:${second.code}`);
    const token = pairings.offerFor(accounts.get('esp-1')?.tokens[1]?.id) ?? '';
    expect(await come('esp-1', token)).toBe('token of esp-1');
    await expect.poll(() => accounts.get('esp-1')?.tokens.length).toBe(1);
    expect(await come('esp-1', lost)).toMatch('wrong');
  });

  test('shows the token to type in for who cannot be given it, and no other', async () => {
    const { id, code } = pairings.open(WISH);
    await prove({ id: 'esp-1', protocol: 'oocsi', peer: '192.168.1.7', secret: `pair:${code}`, isGone: () => false });
    expect(pairings.view(id)?.token).toMatch(/^[A-Za-z0-9]{32}$/);
    const other = pairings.open(WISH);
    await come('esp-2', `pair:${other.code}`);
    expect(pairings.view(other.id)).toMatchObject({ state: 'joined', token: undefined });
  });

  test('shows the token of a device that cannot keep one, or says that it could not', async () => {
    const begun = async (id: string, wish: TokenWish) => {
      const opened = pairings.open(WISH);
      await come(id, `pair:${opened.code}`);
      const credential = accounts.get(id)?.tokens[0]?.id;
      const principal = { id, protocol: 'frames', peer: '192.168.1.7', proof: 'token', credential };
      return { opened, offer: offers.offerTo(principal as Principal, wish) };
    };
    const shown = expect.stringMatching(/^[A-Za-z0-9]{32}$/);
    const keepsNone = await begun('esp-1', { password: null });
    expect(keepsNone.offer).toBeUndefined();
    expect(pairings.view(keepsNone.opened.id)).toMatchObject({ state: 'joined', token: shown });

    const isFull = await begun('esp-2', STORES);
    expect(pairings.view(isFull.opened.id)?.token).toBeUndefined();
    isFull.offer?.failed();
    expect(pairings.view(isFull.opened.id)).toMatchObject({ state: 'joined', token: shown });
  });

  test('is refused for a name or a role that cannot be', () => {
    expect(() => pairings.open({ ...WISH, name: 'a b' })).toThrow('is no account');
    expect(() => pairings.open({ ...WISH, roles: ['king'] })).toThrow('There is no role "king"');
    for (let open = 0; open < 16; open++) pairings.open(WISH);
    expect(() => pairings.open(WISH)).toThrow('16 pairing codes');
  });
});

describe('a board on a cable', () => {
  const board = { protocol: 'frames', peer: '/dev/ttyACM0', isCable: true, isGone: () => false };

  test('comes in with a token or a code that is of no use, as it is plugged in', async () => {
    await accounts.add({ name: 'anna', roles: ['admin'], ids: [], tokens: [], certificates: [] });
    for (const secret of ['a'.repeat(32), 'pair:123456']) {
      expect(await prove({ ...board, id: 'uno-1', secret })).toEqual({ proof: 'cable' });
    }
    const { code } = pairings.open(WISH);
    expect(await prove({ ...board, id: 'uno-1', secret: wrongOf(code) })).toEqual({ proof: 'cable' });
    expect(await prove({ ...board, id: 'uno-1', secret: `pair:${code}` })).toMatchObject({ account: 'uno-1' });
  });

  test('gets no more accounts than boards at one port may need', async () => {
    await accounts.add({ name: 'anna', roles: ['admin'], ids: [], tokens: [], certificates: [] });
    const told: string[] = [];
    const some = new TokenOffers({ accounts, clock, pairings, channels, tell: (what) => told.push(what) });
    const { protocol, peer } = board;
    const offer = (number: number) => {
      const principal = { id: `uno-x${number}`, protocol, peer, proof: 'cable' };
      return some.offerTo(principal as Principal, STORES);
    };
    for (let number = 0; number < 16; number++) offer(number)?.stored();
    await expect.poll(() => accounts.list().length).toBe(17);
    expect(offer(16)).toBeUndefined();
    expect(told.at(-1)).toContain('too many boards');
  });

  test('gets no token for an id that is a channel by a rule, and the log says whose channel it takes otherwise', async () => {
    await accounts.add({ name: 'anna', roles: ['admin'], ids: [], tokens: [], certificates: [] });
    const rules = [{ effect: 'deny', actions: ['send'], topics: ['uno-1'] }] as const;
    roles.replace([{ name: 'reader', readsInboxes: false, rules }]);
    const told: string[] = [];
    const some = new TokenOffers({ accounts, clock, pairings, channels, tell: (what) => told.push(what) });
    const offer = (id: string) => {
      const principal = { id, protocol: 'frames', peer: '/dev/ttyACM0', proof: 'cable' };
      return some.offerTo(principal as Principal, STORES);
    };
    expect(offer('uno-1')).toBeUndefined();
    expect(told).toEqual([
      expect.stringMatching(/uno-1 is a channel, too: the role reader has a rule about it.*--name uno-1/),
    ]);
    offer('uno-2')?.stored();
    await expect.poll(() => told.length).toBe(3);
    expect(told[2]).toMatch('uno-2 is a channel, too: anna, ben, cleo and 1 more subscribe to it. What is sent there');
  });

  test('comes in with a token whose account is being written to disk', async () => {
    await accounts.add({ name: 'anna', roles: ['admin'], ids: [], tokens: [], certificates: [] });
    const principal = { id: 'uno-1', protocol: 'frames', peer: '/dev/ttyACM0', proof: 'cable' };
    const offer = offers.offerTo(principal as Principal, STORES);
    offer?.stored();
    expect(await prove({ ...board, id: 'uno-1', secret: offer?.token })).toMatchObject({ account: 'uno-1' });
  });
});
