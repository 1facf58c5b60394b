import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Place, type Ran } from '@crosscomm/testing/place';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let place: Place;

function run(argv: readonly string[], input = ''): Promise<Ran> {
  return place.run(['role', ...argv], input);
}

async function json(...argv: string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await run([...argv, '--json']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Record<string, unknown>;
}

/** What holds whether a gateway runs with the data folder or not. */
function behaviours(): void {
  it('makes a role of flags, gives it other rules of a file, and removes it', async () => {
    const made = await json('set', 'plants', '--allow', 'send,subscribe=plants/#', '--deny', 'send=plants/log');
    expect(made).toEqual({
      role: 'plants',
      source: 'command',
      rules: [
        { allow: ['send', 'subscribe'], topics: ['plants/#'] },
        { deny: ['send'], topics: ['plants/log'] },
      ],
      accounts: [],
    });
    await place.run(['account', 'add', 'fern', '--role', 'plants']);
    writeFileSync(join(place.folder, 'rules.yaml'), '- {allow: call}\n');
    expect(await json('set', 'plants', '--rules', join(place.folder, 'rules.yaml'))).toMatchObject({
      rules: [{ allow: 'call' }],
      accounts: ['fern'],
    });
    expect((await run(['set', 'plants', '--rules', '-'], '[{"deny": "call"}]')).out).toContain('deny call');
    expect((await run(['remove', 'plants'])).out).toBe('Removed the role plants. It gives nothing any more to fern.\n');
    expect((await run(['show', 'plants'])).err).toContain('There is no role plants. [CALL_INVALID]');
    await place.run(['account', 'remove', 'fern']);
  });

  it('says what is wrong with a rule or a name, and leaves built-in roles alone', async () => {
    expect((await run(['set', 'lab', '--allow', 'shout'])).err).toMatch(
      /The role lab cannot be made: rule 1, allow must be one or a list of send/,
    );
    expect((await run(['set', 'lab', '--allow', 'send=#/a'])).err).toContain('a topic filter such as');
    expect((await run(['set', 'lab'])).err).toContain('A role needs rules');
    expect((await run(['set', 'a b', '--allow', 'send'])).err).toContain('letters, digits');
    expect((await run(['set', 'admin', '--allow', 'send'])).err).toContain('built in');
    expect((await run(['remove', 'viewer'])).err).toContain('built in');
    expect((await run(['list'])).out).toMatch(/^viewer +built in +0 +allow subscribe,presence,read$/m);
  });
}

describe('crosscomm role, where no gateway runs', () => {
  beforeAll(() => {
    place = new Place();
  });
  afterAll(() => place.dispose());

  behaviours();

  it('is refused what the configuration has, which wins and is marked', async () => {
    const file = join(place.folder, 'crosscomm.yaml');
    await run(['set', 'lab', '--allow', 'send']);
    writeFileSync(file, 'auth: {roles: {lab: [{allow: read}]}}\n');
    const listed = await run(['list', '--config', file]);
    expect(listed.out).toMatch(/^lab +configuration +0 +allow read$/m);
    expect((await run(['set', 'lab', '--allow', 'call', '--config', file])).err).toContain('auth.roles');
  });
});

describe('crosscomm role, where a gateway runs', () => {
  beforeAll(async () => {
    place = new Place();
    await place.start();
  });
  afterAll(() => place.dispose());

  behaviours();

  it('takes effect at once, and again after a restart', async () => {
    const { out } = await place.run(['account', 'add', 'ops', '--json']);
    const { token } = JSON.parse(out) as { token: string };
    const headers = { authorization: `Bearer ${token}` };
    const status = async (): Promise<number> => (await fetch(`${place.url}/api/v1/roles`, { headers })).status;
    expect(await status()).toBe(403);
    await run(['set', 'watch', '--allow', 'operate']);
    expect(await status()).toBe(403);
    await place.run(['account', 'roles', 'ops', 'member', 'watch']);
    expect(await status()).toBe(200);
    await place.stop();
    await place.start();
    expect(await status()).toBe(200);
    await run(['remove', 'watch']);
    expect(await status()).toBe(403);
  });
});
