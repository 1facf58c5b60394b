import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Place } from '@crosscomm/testing/place';
import { secretPassword } from '@crosscomm/testing/secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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
      `# of the old broker\n${hashed}\nplain:${PASSWORDS.ben}\nno-colon\npump:$7$1$QQ==$QQ==\na/b:$7$1$QQ==$QQ==\nodd:$1$x$y\n`,
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
    ]);
    expect(out).not.toContain(PASSWORDS.ben);
    const again = await place.run(['account', 'import', file]);
    expect(again.err).toContain('line 3, fan: There is an account fan already');
    expect(again.out).toBe('Imported 0 of 7 accounts.\n');
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
});
