import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { Place } from '@crosscomm/testing/place';
import { secretPassword } from '@crosscomm/testing/secrets';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

let place: Place;
const PASSWORDS = { pump: secretPassword(), fan: secretPassword(), ben: secretPassword(), cleo: secretPassword() };

function behaviours(): void {
  it('imports what mosquitto_passwd wrote, and says of each other line why not', async () => {
    const file = join(place.folder, 'passwd');
    writeFileSync(file, '');
    execFileSync('mosquitto_passwd', ['-b', file, 'pump', PASSWORDS.pump]);
    execFileSync('mosquitto_passwd', ['-H', 'sha512', '-b', file, 'fan', PASSWORDS.fan]);
    const hashed = execFileSync('cat', [file], { encoding: 'utf8' });
    writeFileSync(
      file,
      `# of the old broker\n${hashed}\nplain:${PASSWORDS.ben}\nno-colon\npump:$7$1$QQ==$QQ==\na/b:$7$1$QQ==$QQ==\nodd:$1$x$y\n:$7$1$QQ==$QQ==\n`,
    );
    const { code, out } = await place.run(['account', 'import', file, '--role', 'device', '--json']);
    expect(code).toBe(1);
    const { imported, refused } = JSON.parse(out) as { imported: string[]; refused: object[] };
    expect(imported).toEqual(['pump', 'fan']);
    expect(refused).toEqual([
      { line: 5, account: 'plain', why: expect.stringContaining('not hashed') },
      { line: 6, account: '', why: 'It is not name:hash.' },
      { line: 7, account: 'pump', why: 'Line 2 has the same name.' },
      { line: 8, account: 'a/b', why: expect.stringContaining('letters, digits') },
      { line: 9, account: 'odd', why: 'Its password has a form that is not known.' },
      { line: 10, account: '', why: 'It is not name:hash.' },
    ]);
    expect(out).not.toContain(PASSWORDS.ben);
    writeFileSync(join(place.folder, 'reserved'), hashed.replace(/^pump:/, 'server:').replace(/^fan:/m, 'all:'));
    expect(await place.run(['account', 'import', join(place.folder, 'reserved')])).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /line 1, server: The name server is the gateway's own.*\n.*line 2, all: The name all is/,
      ),
    });
    const again = await place.run(['account', 'import', file]);
    expect(again.err).toContain('line 3, fan: There is an account fan already');
    expect(again.out).toBe('Imported 0 of 8 accounts.\n');
  });

  it('imports OOCSI users, whose passwords stay', async () => {
    const env = { CROSSCOMM_OOCSI_USERS: `ben:${PASSWORDS.ben},cleo:${PASSWORDS.cleo}` };
    const argv = ['account', 'import', '--oocsi-users', '--data-dir', place.dataDir];
    expect(await place.runAs(env, argv)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Imported 2 of 2 accounts\.\nCROSSCOMM_OOCSI_USERS is not needed/),
    });
    expect(await place.run(['account', 'import'])).toMatchObject({ code: 2 });
  });
}

describe('crosscomm account import, where no gateway runs', () => {
  beforeAll(() => {
    place = new Place();
  });
  afterAll(() => place.dispose());

  behaviours();
});

describe('crosscomm account import, where a gateway runs', () => {
  beforeAll(async () => {
    place = new Place();
    await place.start({}, { users: new Map([['ben', PASSWORDS.ben]]) });
  });
  afterAll(() => place.dispose());

  behaviours();

  it('lets them in with the passwords that they had', async () => {
    const status = async (credentials: string): Promise<number> => {
      const headers = { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
      return (await fetch(`${place.url}/api/v1/session`, { method: 'POST', headers })).status;
    };
    for (const [name, password] of Object.entries(PASSWORDS)) expect(await status(`${name}:${password}`)).toBe(200);
    expect(await status(`pump:${PASSWORDS.fan}`)).toBe(401);
  });

  it('says what they take from others that are called like channels, and nothing of what they use themselves', async () => {
    const clients = await Promise.all(
      ['desk', 'blind-2'].map((name) => OocsiClient.connect(place.listeners.oocsi?.port ?? 0, name)),
    );
    onTestFinished(() => {
      for (const client of clients) client.close();
    });
    const [desk, own] = clients;
    for (const channel of ['window', 'roof-1']) desk?.send(`subscribe ${channel}`);
    own?.send('subscribe blind');
    for (const client of clients) await client.settle();
    const file = `${place.folder}/names`;
    const key = Buffer.alloc(64).toString('base64');
    writeFileSync(file, ['window', 'roof', 'blind'].map((name) => `${name}:$7$101$QUFB$${key}\n`).join(''));
    const { code, out, err } = await place.run(['account', 'import', file, '--json']);
    expect([code, JSON.parse(out)]).toEqual([0, { imported: ['window', 'roof', 'blind'], refused: [] }]);
    const told = err.trim().split('\n');
    expect(told).toEqual([
      expect.stringContaining('window is a channel, too: desk subscribes to it.'),
      expect.stringContaining('roof-1 is a channel, too: desk subscribes to it.'),
    ]);
    expect((await place.run(['account', 'import', file])).err).not.toContain('is a channel');
  });
});
