import { describe, expect, it } from 'vitest';
import { Rights, type RightsInit } from '../../src/access/rights.ts';
import { RoleBook } from '../../src/access/roles.ts';
import type { Rule } from '../../src/access/rules.ts';

const ROLES = new RoleBook();
const OWNERS = new Map([
  ['lamp', 'anna'],
  ['door', 'ben'],
]);

function rightsOf(role: string, more: Partial<RightsInit> = {}): Rights {
  const ownerOf = (id: string): string | undefined => OWNERS.get(id);
  return new Rights({ roles: ROLES.rulesOf([role]), account: 'anna', id: 'lamp', ownerOf, hasOwners: true, ...more });
}

describe('the built-in roles', () => {
  it.each([
    ['admin', { send: true, subscribe: true, upload: true, operate: true, accounts: true, clear: true }],
    ['member', { send: true, subscribe: true, upload: true, operate: false, accounts: true, clear: true }],
    ['device', { send: true, subscribe: true, upload: true, operate: false, accounts: false, clear: false }],
    ['viewer', { send: false, subscribe: true, upload: false, operate: false, accounts: false, clear: false }],
    ['anonymous', { send: true, subscribe: true, upload: true, operate: false, accounts: true, clear: true }],
  ] as const)('let %s do what it is for', (role, may) => {
    const rights = rightsOf(role);
    const actions = Object.keys(may) as (keyof typeof may)[];
    expect(Object.fromEntries(actions.map((action) => [action, rights.may(action, 'lab/light')]))).toEqual(may);
  });

  it.each([
    ['admin', true],
    ['member', false],
    ['device', false],
    ['viewer', false],
    ['anonymous', false],
  ])('let %s read the inbox of another account: %s', (role, may) => {
    const rights = rightsOf(role);
    expect([rights.hears('door'), rights.hears('door'), rights.maySubscribe('door', false)]).toEqual([may, may, may]);
  });

  it('let everyone read its own inbox, those of its account, and what nobody owns', () => {
    const rights = rightsOf('member', { id: 'lamp-2' });
    expect(['lamp', 'lamp-2', 'lab/light'].map((name) => rights.hears(name))).toEqual([true, true, true]);
    expect(rights.hearsAll).toBe(false);
    expect(rightsOf('member', { hasOwners: false }).hearsAll).toBe(true);
  });

  it('give nothing without a role', () => {
    const rights = new Rights({
      roles: ROLES.rulesOf([]),
      account: 'x',
      id: 'x',
      ownerOf: () => undefined,
      hasOwners: true,
    });
    expect([rights.may('send', 'x'), rights.hears('x'), rights.maySubscribe('#', true), rights.mayAny('read')]).toEqual(
      Array(4).fill(false),
    );
  });

  it('decide alike however many channels were asked about before', () => {
    const rights = rightsOf('member');
    for (let channel = 0; channel < 1000; channel++) expect(rights.hears(`lab/${channel}`)).toBe(true);
    expect([rights.hears('door'), rights.hears('lab/0')]).toEqual([false, true]);
  });
});

describe('roles with the same rules', () => {
  const rules: Rule[] = [
    { effect: 'allow', actions: ['subscribe'] },
    { effect: 'deny', actions: ['subscribe'], topics: ['lab/%a'] },
  ];

  it('are about each client by itself', () => {
    const roles = new RoleBook([
      { name: 'one', rules, readsInboxes: false },
      { name: 'other', rules: [...rules], readsInboxes: false },
    ]);
    const anna = rightsOf('', { roles: roles.rulesOf(['one']) });
    const ben = rightsOf('', { roles: roles.rulesOf(['other']), account: 'ben', id: 'door' });
    expect([anna, ben].map((who) => [who.hears('lab/anna'), who.hears('lab/ben')])).toEqual([
      [false, true],
      [true, false],
    ]);
    expect([anna, ben].map((who) => [who.hears('lamp'), who.hears('door')])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('differ where one may read the inboxes of others', () => {
    const roles = new RoleBook([
      { name: 'narrow', rules, readsInboxes: false },
      { name: 'wide', rules, readsInboxes: true },
    ]);
    const hears = ['narrow', 'wide'].map((name) => rightsOf('', { roles: roles.rulesOf([name]) }).hears('door'));
    expect(hears).toEqual([false, true]);
  });

  it('go their own ways when one of them gets other rules, or is taken out', () => {
    const [named, others] = ['one', 'other'].map((name) => ({ name, rules, readsInboxes: false }));
    if (named === undefined || others === undefined) throw new Error('there are two');
    const roles = new RoleBook([named, others]);
    const hear = () =>
      [['one'], ['other'], ['one', 'other']].map((names) =>
        rightsOf('', { roles: roles.rulesOf(names) }).hears('lab/light'),
      );
    expect(hear()).toEqual([true, true, true]);
    roles.replace([named, { ...others, rules: [{ effect: 'deny', actions: ['subscribe'] }] }]);
    expect(hear()).toEqual([true, false, false]);
    roles.replace([others]);
    expect(hear()).toEqual([false, true, true]);
  });
});

describe('what was decided about a name', () => {
  it('is the same for as long as the rights are, with others in between', () => {
    const rights = rightsOf('member');
    const names = Array.from({ length: 100 }, (_, index) => `channel/${index}`);
    const first = rights.sending('lab/light');
    expect(rights.sending(['lab', 'light'].join('/'))).toBe(first);
    for (const name of names) expect(rights.sending(name)).toMatchObject({ name, may: true });
    expect(rights.sending('lab/light')).toEqual(first);
    expect(rights.sending('presence(lamp)').may).toBe(false);
    expect(rights.sending('lab/light').may).toBe(true);
  });

  it('says whether the name may have a password', () => {
    const rights = rightsOf('member');
    expect([rights.sending('lab').hasColon, rights.sending('lab:secret').hasColon]).toEqual([false, true]);
  });
});
