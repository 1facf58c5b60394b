import { FreshClone } from '@crosscomm/testing/fresh-clone';
import { portsOf, startGateway } from '@crosscomm/testing/newcomer';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';

// A Python user with two old projects, moved over by what the pages tell: another address, and the variables of OSS.

// Several programs start one after the other, on a machine that runs everything else at once.
vi.setConfig({ testTimeout: 180_000 });

let clone: FreshClone;
beforeAll(() => {
  clone = new FreshClone({ isBuilt: true });
});
afterEach(() => clone.closeTerminals());
afterAll(() => clone.dispose());

const PYTHON = '"$PWD"/.cache/venv/bin/python';

const OLD_OOCSI = `from oocsi import OOCSI
import time

oocsi = OOCSI("old-project-####", "oocsi.example.org")

def on_reading(sender, channel, event):
    print("heard", event["temperature"], flush=True)

oocsi.subscribe("readings", on_reading)
light = oocsi.variable("room", "light")
while True:
    light.set(42)
    oocsi.send("temperatures", {"temperature": 21.5})
    time.sleep(1)
`;

test('an OOCSI project needs another address, and nothing else', async () => {
  const table = await startGateway(clone);
  const { oocsi, mqtt } = portsOf(table.shown);
  clone.write('old_oocsi.py', OLD_OOCSI.replace('"oocsi.example.org"', `"127.0.0.1", ${oocsi}`));
  const ear = clone.type(`mosquitto_sub -t '#' -v -p ${mqtt}`);
  const project = clone.type(`${PYTHON} old_oocsi.py`);
  await ear.see(/temperatures .*"temperature": ?21\.5/);
  await ear.see(/room .*"light": ?42/);
  expect(await clone.type(`mosquitto_pub -t readings -m '{"temperature": 5}' -p ${mqtt}`).ended()).toBe(0);
  await project.see(/heard 5/);
});

const OLD_PYWAYNE = `import asyncio
import sys
from pywayne.cross_comm import CommMsgType, CrossCommService

name, other = sys.argv[1:3]
client = CrossCommService(role="client", ip="192.0.2.1", port=1234, client_id=name)

@client.message_listener(msg_type=CommMsgType.DICT, from_client_id=other)
async def on_dict(message):
    print(name, "has", message.content, flush=True)

@client.message_listener(msg_type=CommMsgType.FILE, download_directory="./downloads-" + name)
async def on_file(message):
    print(name, "read", open(message.content).read(), flush=True)

async def main():
    if not await client.login():
        sys.exit("no login")
    while True:
        await client.send_message({"hello": other}, CommMsgType.DICT, other)
        await client.send_message("notes.txt", CommMsgType.FILE, other)
        await asyncio.sleep(1)

asyncio.run(main())
`;

test('a pywayne project needs the address, and four variables that a command prints', async () => {
  const table = await startGateway(clone);
  const { http } = portsOf(table.shown);
  const [, url = ''] = /(--url \S+)/.exec(table.shown) ?? [];
  clone.tells('docs/oss.md', 'oss-keys create desk');
  const keys = clone.type(`npm run crosscomm -- oss-keys create desk ${url}`);
  expect(await keys.ended()).toBe(0);
  const lines = keys.shown.split('\n').filter((line) => line.startsWith('export '));
  expect(lines).toHaveLength(4);
  // Pasted into each shell that starts a program.
  clone.write('variables', lines.join('\n'));
  clone.write('notes.txt', 'a page of notes');
  clone.write('old_pywayne.py', OLD_PYWAYNE.replace('ip="192.0.2.1", port=1234', `ip="127.0.0.1", port=${http}`));
  const [ann, ben] = [
    ['ann', 'ben'],
    ['ben', 'ann'],
  ].map((names) => clone.type(`. ./variables; ${PYTHON} old_pywayne.py ${names.join(' ')}`));
  await ann?.see(/ann has \{'hello': 'ann'\}/);
  await ben?.see(/ben has \{'hello': 'ben'\}/);
  await ben?.see(/ben read a page of notes/);
});
