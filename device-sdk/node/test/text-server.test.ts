import { CrossCommService, JsonText } from '@crosscomm/client';
import { ScriptedCrossComm } from '@crosscomm/testing/scripted-crosscomm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { memberText } from '../src/json-text.ts';

let server: ScriptedCrossComm;
let client: CrossCommService;

beforeEach(async () => {
  server = await ScriptedCrossComm.open();
  client = new CrossCommService({ url: server.url, clientId: 'ann', protocol: 'crosscomm' });
});
afterEach(async () => {
  await client.logout();
  await server.close();
});

describe('a server of CrossComm', () => {
  test('that gives no receipts leaves open what became of a message, once it has answered what was asked later', async () => {
    await client.login();
    const [delivery] = await Promise.all([client.send('ben', 'hello'), client.listClients()]);
    expect(delivery).toMatchObject({ accepted: true, delivered: undefined, reason: undefined });
    // From then on nothing is waited for.
    expect(await client.send('ben', 'hello')).toMatchObject({ accepted: true, delivered: undefined });
    await client.subscribe('lamp', () => {});
  });

  test('that goes before its receipt leaves a message that was not accepted', async () => {
    await client.login();
    const sent = client.send('ben', 'hello');
    server.hangUp('going to sleep');
    expect(await sent).toMatchObject({ accepted: false, delivered: undefined, reason: 'offline' });
  });

  test.each([
    ['bad_name', 'name_invalid'],
    ['store_full', 'storage_full'],
    ['closed', 'offline'],
    ['queue_full', 'queue_full'],
    ['a word of a later version', 'internal'],
  ])('says why somebody was left out: %s', async (reason, code) => {
    server.receipt = { delivered: 1, refused: 1, reason };
    await client.login();
    expect(await client.send('ben', 'hello')).toMatchObject({ accepted: true, delivered: 1, refused: 1, reason: code });
  });

  test('says why it refuses a login', async () => {
    server.refusal = 'wrong password';
    await expect(client.login()).rejects.toMatchObject({ code: 'not_allowed', reason: 'wrong password' });
  });

  test('says how it closed a connection', async () => {
    await client.login();
    const lost = new Promise((resolve) => client.statusListener(({ closed }) => closed && resolve(closed)));
    server.hangUp('going to sleep');
    expect(await lost).toEqual({ code: 1001, reason: 'going to sleep' });
  });

  test('is told of a login, and of what was subscribed to before, in one message', async () => {
    await client.subscribe('a', () => {});
    await client.subscribe(['b', 'c'], () => {});
    await client.login();
    await server.frames(3);
    expect(server.received.map(({ msg_type, content }) => [msg_type, content])).toEqual([
      ['login', {}],
      ['dict', { receipts: true }],
      ['dict', { subscribe: ['a', 'b', 'c'] }],
    ]);
  });
});

describe('JSON text', () => {
  test.each(['', '{', '{"a": }', 'nothing'])('is refused where it is none: %s', (text) => {
    expect(() => new JsonText(text)).toThrow(expect.objectContaining({ code: 'bad_content' }));
  });

  test.each([
    ['{"content": 1.0}', '1.0'],
    ['{"content":{"content":2,"a":[{}, "}"]} , "b":3}', '{"content":2,"a":[{}, "}"]}'],
    ['{"a": {"content": 1}}', undefined],
    ['{"a": "\\"content\\": 1"}', undefined],
    ['{"c\\u006fntent" : [ 1, 2 ] }', '[ 1, 2 ]'],
    ['{"content": 1, "content": NaN}', 'NaN'],
    ['{}', undefined],
  ])('of a member is found as it is written: %s', (text, found) => {
    expect(memberText(text, 'content')).toBe(found);
  });
});
