import { Place } from '@crosscomm/testing/place';
import { secretPassword } from '@crosscomm/testing/secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let place: Place;
let token = '';
beforeAll(async () => {
  place = new Place();
  await place.start();
  const { out } = await place.run(['account', 'add', 'boss', '--role', 'admin', '--json']);
  ({ token } = JSON.parse(out) as { token: string });
});
afterAll(() => place.dispose());

interface Answer {
  status: number;
  body: Record<string, unknown>;
  text: string;
}

async function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(`${place.url}/api/v1/${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>), text };
}

describe('/api/v1/accounts', () => {
  it('adds an account with all that it may have, shows it, and removes it', async () => {
    const wanted = {
      name: 'lamp',
      roles: ['device'],
      ids: ['hall-*'],
      expires: '2031-01-31T12:00:00+01:00',
      password: secretPassword(),
    };
    const added = await ask('POST', 'accounts', wanted);
    expect(added).toMatchObject({ status: 201, body: { account: 'lamp', roles: ['device'] } });
    const shown = await ask('GET', 'accounts/lamp');
    expect(shown).toMatchObject({ status: 200, body: { ids: ['hall-*'], expires: '2031-01-31T11:00:00.000Z' } });
    expect(shown.text).not.toMatch(new RegExp(`sha256|scrypt|${added.body.token}`));
    expect((await ask('GET', 'accounts')).body.accounts).toHaveLength(2);
    expect(await ask('DELETE', 'accounts/lamp')).toMatchObject({ status: 204, text: '' });
    expect((await ask('GET', 'accounts/lamp')).status).toBe(404);
  });

  it.each([
    ['a name that none can have', { name: 'a b' }, 400],
    ['a name that is taken', { name: 'boss' }, 409],
    ['a role that is not there', { name: 'lamp', roles: ['boss'] }, 400],
    ['a key that is not known', { name: 'lamp', role: 'admin' }, 400],
    ['a time that is none', { name: 'lamp', expires: 'soon' }, 400],
    ['an empty password', { name: 'lamp', password: '' }, 400],
    ['no object', [1, 2], 400],
    ['a body that is too long', { name: 'lamp', password: 'x'.repeat(2 ** 21) }, 413],
  ])('refuses %s, and goes on', async (_, body, status) => {
    const answer = await ask('POST', 'accounts', body);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: { code: expect.any(String), message: expect.any(String) } });
    expect((await ask('GET', 'accounts')).body.accounts).toHaveLength(1);
  });

  it('shows no secret in what it says of a mistake', async () => {
    const password = secretPassword();
    const answer = await ask('POST', 'accounts', { name: 'lamp', password: [password] });
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain(password);
  });

  it('ends what a password that is replaced had let in', async () => {
    const [first, second] = [secretPassword(), secretPassword()];
    await ask('POST', 'accounts', { name: 'anna', roles: ['admin'], password: first });
    const basic = (word: string) => ({ authorization: `Basic ${Buffer.from(`anna:${word}`).toString('base64')}` });
    expect((await ask('GET', 'accounts', undefined, basic(first))).status).toBe(200);
    expect((await ask('PUT', 'accounts/anna/password', { password: second })).status).toBe(200);
    expect((await ask('GET', 'accounts', undefined, basic(first))).status).toBe(401);
    expect((await ask('GET', 'accounts', undefined, basic(second))).status).toBe(200);
    await ask('DELETE', 'accounts/anna');
  });

  it('is closed to pages of other origins and to what a proxy passes on without a credential', async () => {
    const nobody = { authorization: '' };
    expect((await ask('GET', 'accounts', undefined, { ...nobody, 'x-forwarded-for': '203.0.113.9' })).status).toBe(403);
    const page = { ...nobody, origin: 'https://evil.example' };
    expect((await ask('POST', 'accounts', { name: 'evil' }, page)).status).toBe(403);
  });
});

describe('/api/v1/roles', () => {
  it('sets, lists and removes a role', async () => {
    const rules = [{ allow: 'send', topics: ['lab/#'] }];
    expect(await ask('PUT', 'roles/lab', { rules })).toMatchObject({ status: 200, body: { role: 'lab', rules } });
    expect((await ask('GET', 'roles')).text).toContain('"lab"');
    expect((await ask('PUT', 'roles/lab', { rules: [{ allow: 'shout' }] })).status).toBe(400);
    expect((await ask('PUT', 'roles/admin', { rules })).status).toBe(400);
    expect((await ask('DELETE', 'roles/lab')).status).toBe(200);
    expect((await ask('GET', 'roles/lab')).status).toBe(404);
  });
});
