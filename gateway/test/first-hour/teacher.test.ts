import { FreshClone } from '@crosscomm/testing/fresh-clone';
import { FREE_PORTS, portsOf, startGateway } from '@crosscomm/testing/newcomer';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

// A teacher with a Pi: from a clone to the first message, in at most two minutes of typing.

// Several programs start one after the other, on a machine that runs everything else at once.
vi.setConfig({ testTimeout: 180_000 });

let clone: FreshClone;
beforeAll(() => {
  clone = new FreshClone();
});
afterAll(() => clone.dispose());

test('a teacher starts it, hears the first messages and lets MQTT and OOCSI join', async () => {
  const table = await startGateway(clone);
  const { mqtt, oocsi } = portsOf(table.shown);
  clone.tells('README.md', 'npm run crosscomm -- listen');
  const [, listen = ''] = await table.see(/Listen +(npm run crosscomm -- listen .*)/);
  const ear = clone.type(listen);
  await ear.see(/Listening/);

  const [, url = ''] = /(--url \S+)/.exec(listen) ?? [];
  const hello = clone.type(`${clone.tells('README.md', 'npm run crosscomm -- send greetings "Hello, room"')} ${url}`);
  expect(await hello.ended()).toBe(0);
  await ear.see(/greetings.*Hello, room/);

  const publish = clone.type(`${clone.tells('README.md', `mosquitto_pub -t lamp -m '{"led": 0}'`)} -p ${mqtt}`);
  expect(await publish.ended()).toBe(0);
  await ear.see(/lamp.*"led": ?0/);

  const program = clone.sample('README.md', 'python', 'from oocsi import');
  expect(program).toContain('"localhost")');
  clone.write('first.py', program.replace('"localhost")', `"127.0.0.1", ${oocsi})`));
  clone.type('.cache/venv/bin/python first.py');
  await ear.see(/greetings.*from Python/);
});

test('a teacher lets the room in by crosscomm.yaml, and the first line says that it is used', async () => {
  await clone.closeTerminals();
  clone.write('crosscomm.yaml', clone.sample('README.md', 'yaml'));
  const table = await startGateway(clone, FREE_PORTS);
  const [first] = table.shown.split('\n').filter((line) => !/^(>|$)/.test(line));
  expect(first).toContain('crosscomm.yaml');
  expect(table.shown).not.toContain('0.0.0.0');
});

test('a teacher lets in who has an account, by setup, and gives a door its own', async () => {
  await clone.closeTerminals();
  clone.remove('crosscomm.yaml');
  const setup = clone.type(clone.tells('README.md', 'npm run crosscomm -- setup'));
  await setup.see(/Name of the first administrator/);
  setup.type('anna\r');
  await setup.see(/Password of anna: $/);
  setup.type('open sesame\r');
  await setup.see(/Again: $/);
  setup.type('open sesame\r');
  await setup.see(/May other machines .*: $/);
  setup.type('\r');
  await setup.see(/Encrypt connections .*: $/);
  setup.type('\r');
  expect(await setup.ended()).toBe(0);

  const table = await startGateway(clone, FREE_PORTS);
  const door = clone.type(clone.tells('README.md', 'npm run crosscomm -- account add door --role device'));
  const [, token = ''] = await door.see(/Token: (\w{32})\n/);
  const ear = clone.type(clone.tells('README.md', 'npm run crosscomm -- listen'));
  await ear.see(/Listening/);
  const [, address = '', port = ''] = /MQTT +(\S+):(\d+) /.exec(table.shown) ?? [];
  const publish = clone
    .tells('README.md', 'mosquitto_pub -h 192.168.1.10 -u door -P TOKEN -t lamp -m on')
    .replace('192.168.1.10', address)
    .replace('TOKEN', token);
  expect(await clone.type(`${publish} -p ${port}`).ended()).toBe(0);
  await ear.see(/ lamp .*text +on/);
});
