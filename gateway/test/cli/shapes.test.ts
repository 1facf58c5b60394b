import { TestShell } from '@crosscomm/testing/test-shell';
import { expect, it, onTestFinished } from 'vitest';
import { Message } from '../../src/hub/message.ts';
import { buildWebHouse } from '../web/support.ts';

/** A gateway on which lab/room1 has spoken, and the command that asks it. */
async function withRoom() {
  const { app, hub, clock } = await buildWebHouse();
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as { port: number };
  const bodies = [
    { temperature: 21.5, tags: ['a', 'b'] },
    { temperature: 22, tags: [], door: true },
  ];
  for (const body of bodies) {
    const message = {
      from: 'knob',
      to: 'lab/room1',
      kind: 'dict',
      body: JSON.stringify(body),
      timestampMs: 0,
    } as const;
    hub.send(new Message(message));
    clock.advance(2000);
  }
  return async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
    const shell = new TestShell({ env: { CROSSCOMM_URL: `ws://127.0.0.1:${port}` } });
    const code = await shell.run(...argv);
    return { code, out: shell.stdout.text, err: shell.stderr.text };
  };
}

it('shows what channels carry as a table, and as JSON', async () => {
  const run = await withRoom();
  const table = [
    'CHANNEL    FIELD        TYPE           RANGE         MESSAGES  EVERY',
    'lab/room1  temperature  number         21.5 to 22    2         2.0 s',
    'lab/room1  tags         array of text  up to 2 long  2         2.0 s',
    'lab/room1  door         boolean?       -             2         2.0 s',
  ];
  for (const argv of [['shapes'], ['shapes', 'lab/room1']]) {
    const { code, out } = await run(...argv);
    expect([code, out.trimEnd().split('\n')]).toEqual([0, table]);
  }
  const { out } = await run('shapes', 'lab/room1', '--json');
  expect(JSON.parse(out)).toMatchObject({ channel: 'lab/room1', fields: [{ name: 'temperature' }, {}, {}] });
});

it('says where nothing is known of a channel', async () => {
  const run = await withRoom();
  const { code, err } = await run('shapes', 'attic');
  expect(code).toBe(1);
  expect(err).toContain('No message on attic was looked at lately.');
});

it('writes code for a channel, and says which languages there are', async () => {
  const run = await withRoom();
  const { code, out } = await run('codegen', 'lab/room1', '--lang', 'ts');
  expect([code, out.split('\n').slice(1, 3)]).toEqual([0, ['export type LabRoom1 = {', '  "temperature": number;']]);
  expect((await run('codegen', 'lab/room1', '--lang', 'cobol')).err).toContain('ts, python, arduino, json-schema');
});
