import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Place, type Ran } from '@crosscomm/testing/place';
import { secretPassword } from '@crosscomm/testing/secrets';
import { Terminal } from '@crosscomm/testing/terminal';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/app/config.ts';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

let place: Place;
let file = '';
beforeEach(() => {
  place = new Place();
  file = join(place.folder, 'crosscomm.yaml');
});
afterEach(() => place.dispose());

function run(argv: readonly string[], input = ''): Promise<Ran> {
  return place.runAs({ CROSSCOMM_COMMAND: 'npm run crosscomm --' }, argv, input);
}

describe('crosscomm setup', () => {
  it('makes an administrator and a configuration that a gateway starts with, by flags', async () => {
    const { code, out } = await run(['setup', '--admin', 'anna', '--password-stdin', '--json'], secretPassword());
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      config: file,
      written: true,
      dataDir: join(place.folder, 'crosscomm-data'),
      account: 'anna',
      token: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      roles: ['admin'],
      fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    });
    expect(existsSync(join(place.folder, 'crosscomm-data', 'tls', 'server.pem'))).toBe(true);
    expect(checkConfig(file, place.folder)).toEqual([]);
    expect(readFileSync(file, 'utf8')).toContain('http: { host: "0.0.0.0" }');
    expect(JSON.parse((await run(['account', 'show', 'anna', '--json'])).out)).toMatchObject({ hasPassword: true });
  });

  it('changes nothing when it is called again, and says so', async () => {
    await run(['setup', '--admin', 'anna']);
    const [text, accounts] = [file, join(place.folder, 'crosscomm-data', 'accounts.json')].map((path) =>
      readFileSync(path, 'utf8'),
    );
    const again = await run(['setup', '--admin', 'anna', '--host', '127.0.0.1', '--tls', 'none']);
    expect(again.code).toBe(0);
    expect(again.out).toContain(`${file} is there already, and stays as it is.`);
    expect(again.out).toContain('There is an administrator already: anna.');
    expect(again.out).toContain('npm run crosscomm -- account add NAME');
    expect(again.err).toContain('write "http: {host: 127.0.0.1}"');
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(readFileSync(join(place.folder, 'crosscomm-data', 'accounts.json'), 'utf8')).toBe(accounts);
  });

  it('writes behind a configuration that says nothing but where the data is, as that of Debian’s package', async () => {
    const before = `# The configuration of the service.\ndataDir: ${join(place.folder, 'data')}\n`;
    writeFileSync(file, before);
    const env = { CROSSCOMM_CONFIG: file, CROSSCOMM_SERVICE: 'crosscomm' };
    const { code, out } = await place.runAs(
      env,
      ['setup', '--admin', 'anna', '--host', '0.0.0.0', '--tls', 'none'],
      '',
    );
    expect(code).toBe(0);
    expect(out).toContain('sudo systemctl restart crosscomm');
    expect(out).not.toContain('Ctrl-C');
    const text = readFileSync(file, 'utf8');
    expect(text.startsWith(before)).toBe(true);
    expect(text).toContain('http: { host: "0.0.0.0" }');
    expect(checkConfig(file, place.folder)).toEqual([]);
    expect(existsSync(join(place.folder, 'data', 'accounts.json'))).toBe(true);
  });

  it('is named by the start that it makes possible', async () => {
    writeFileSync(file, 'http: {host: 0.0.0.0, port: 0}\n');
    const refused = await run(['start']);
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('"npm run crosscomm -- setup" does all of it');
    expect(refused.err).toContain('"npm run crosscomm -- account add NAME --role admin"');
    expect((await run(['setup', '--admin', 'anna'])).code).toBe(0);
    expect(checkConfig(file, place.folder)).toEqual([]);
  });

  it('asks at a terminal, where a password is not shown', async () => {
    const password = secretPassword();
    const terminal = new Terminal(`${process.execPath} ${COMMAND} setup`, place.folder);
    await terminal.see(/Name of the first administrator \[admin\]: $/);
    terminal.type('anna\r');
    await terminal.see(/Password of anna: $/);
    terminal.type('\r');
    await terminal.see(/is empty.*\nPassword of anna: $/);
    terminal.type(`${password}\r`);
    await terminal.see(/Again: $/);
    terminal.type(`${password}x\r`);
    await terminal.see(/not the same.*\nPassword of anna: $/);
    terminal.type(`${password}\r`);
    await terminal.see(/Again: $/);
    terminal.type(`${password}\r`);
    await terminal.see(/May other machines .* \[Y\/n\]: $/);
    terminal.type('maybe\r');
    await terminal.see(/Answer y or n\.\nMay other machines .* \[Y\/n\]: $/);
    terminal.type('\r');
    await terminal.see(/Encrypt connections .* \[Y\/n\]: $/);
    terminal.type('n\r');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.shown).not.toContain(password);
    expect(terminal.shown).toContain('Added the account anna (admin).');
    expect(readFileSync(file, 'utf8')).not.toContain('tls:');
    expect(JSON.parse((await run(['account', 'show', 'anna', '--json'])).out)).toMatchObject({ hasPassword: true });
  });

  it.each(['999.1.1.1', '192.0.2.1', '10.1', ''])(
    'refuses a host that is no address of this machine: "%s"',
    async (host) => {
      const { code, out, err } = await run(['setup', '--admin', 'anna', '--host', host]);
      expect([code, out]).toEqual([2, '']);
      expect(err).toContain(`This machine has no address "${host}": it has 0.0.0.0 (all of its addresses), 127.0.0.1`);
      expect(existsSync(file)).toBe(false);
    },
  );

  it.each(['server', 'a/b'])(
    'refuses an administrator that can be no account, before it writes anything: %s',
    async (name) => {
      const { code, err } = await run(['setup', '--admin', name]);
      expect(code).toBe(2);
      expect(err).toContain(`"${name}" is no account: `);
      expect(existsSync(file)).toBe(false);
    },
  );

  it('warns where rules use the administrator’s name as a channel', async () => {
    writeFileSync(file, 'http: {port: 0}\nauth: {roles: {left: [{allow: send, topics: [anna]}]}}\n');
    const { code, err, out } = await run(['setup', '--admin', 'anna', '--json']);
    expect(code).toBe(0);
    expect(err).toContain('anna is a channel, too: the role left has a rule about it.');
    expect(Object.keys(JSON.parse(out))).not.toContain('warnings');
  });

  it('needs a name where there is nobody to ask', async () => {
    expect(await run(['setup'])).toMatchObject({ code: 2, err: expect.stringContaining('setup --admin NAME') });
    expect(existsSync(file)).toBe(false);
  });
});
