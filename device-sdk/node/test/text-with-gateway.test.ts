import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CommMsgType, CrossCommError, connect, JsonText, type Message } from '@crosscomm/client';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type TestClient, TestGateway } from './support/gateway.ts';

const gateway = new TestGateway();
const TEXT = { protocol: 'crosscomm' } as const;

beforeAll(() => gateway.start());
afterEach(() => gateway.logoutAll());
afterAll(() => gateway.dispose());

/** The client's errors of a login. */
async function refusalOf(client: TestClient): Promise<CrossCommError> {
  const error: unknown = await client.service.login().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (error instanceof CrossCommError) return error;
  throw new Error('It was taken in.');
}

describe("CrossComm's text with a gateway", () => {
  test('is spoken where it is asked for, and frames alone where they are', async () => {
    const ann = await gateway.login('ann', TEXT);
    expect(ann.service.status).toEqual({ state: 'online', protocol: 'crosscomm' });
    const ben = await gateway.login('ben', { protocol: 'frames' });
    expect(ben.service.status).toEqual({ state: 'online', protocol: 'frames' });
    expect(await ben.service.getOnlineClients()).toEqual(expect.arrayContaining(['ann', 'ben']));
  });

  test('tells what became of a message, and its id', async () => {
    const ann = await gateway.login('ann', TEXT);
    await gateway.login('ben');
    expect(await ann.service.send('ben', { led: 1 })).toEqual({
      accepted: true,
      delivered: 1,
      refused: 0,
      reason: undefined,
      msgId: expect.stringMatching(/^ann_\d+_[0-9a-f]{8}$/),
    });
    expect(await ann.service.send('nobody', 1)).toMatchObject({
      accepted: false,
      delivered: 0,
      reason: 'no_recipient',
    });
    expect(await ann.service.send('presence(ben)', 1)).toMatchObject({ accepted: false, reason: 'not_allowed' });
    expect(await ann.service.sendMessage('hello?', CommMsgType.TEXT, 'nobody')).toBe(false);
  });

  test('does not send what CrossComm does not carry', async () => {
    const ann = await gateway.login('ann', TEXT);
    const none = { accepted: false, delivered: 0, reason: 'too_large', msgId: undefined };
    expect(await ann.service.send('ben', 'ä'.repeat(600_000))).toMatchObject(none);
    expect(ann.service.status.state).toBe('online');
  });

  test('keeps ids, times and each digit of what is sent', async () => {
    const ann = await gateway.login('ann', TEXT);
    const ben = await gateway.login('ben', TEXT);
    const heard = new Promise<Message>((resolve) => ben.service.messageListener({}, resolve));
    const text = '{"level": 1.0, "id": 9007199254740993, "half": 2.50, "content": "}\\"{"}';
    const { msgId } = await ann.service.send('ben', new JsonText(` ${text} `));
    const message = await heard;
    expect(message).toMatchObject({ msgId, msgType: 'dict', timestamp: expect.closeTo(Date.now() / 1000, -2) });
    expect(message.content).toEqual({ level: 1, id: 9007199254740993n, half: 2.5, content: '}"{' });
    expect(message.json).toBe(text);
  });

  test.each([
    [CommMsgType.TEXT, 'grüß dich', '"grüß dich"'],
    [CommMsgType.JSON, new JsonText('[1.0, 2]'), '[1.0, 2]'],
    [CommMsgType.JSON, '"text"', '"text"'],
    [CommMsgType.BYTES, new Uint8Array([0, 255]), '"AP8="'],
  ])('hands out the JSON text of a %s message, by text and by frames', async (type, content, json) => {
    const ann = await gateway.login('ann', TEXT);
    for (const protocol of ['crosscomm', 'frames'] as const) {
      const ben = await gateway.login(`ben-${protocol}`, { protocol });
      const heard = new Promise<string>((resolve) => {
        ben.service.messageListener({}, (message) => resolve(message.json));
      });
      await ann.service.sendMessage(content, type, ben.service.clientId);
      expect(JSON.parse(await heard)).toEqual(JSON.parse(json));
      if (protocol === 'crosscomm') expect(await heard).toBe(json);
    }
  });

  test('subscribes to several channels together, whose names may hold what subscriptions hold', async () => {
    const ann = await gateway.login('ann', TEXT);
    const ben = await gateway.login('ben');
    const heard: unknown[] = [];
    const end = await ann.service.subscribe(['a/+', 'b'], (data, { toClientId }) => {
      heard.push([toClientId, data]);
    });
    for (const channel of ['a/x:y', 'b', 'c']) await ben.service.send(channel, channel);
    await expect
      .poll(() => heard)
      .toEqual([
        ['a/x:y', 'a/x:y'],
        ['b', 'b'],
      ]);
    end();
    await ann.service.listClients();
    expect(await ben.service.send('b', 1)).toMatchObject({ reason: 'no_recipient' });
  });

  test('names the channels that are refused, and subscribes to none then', async () => {
    const ben = await gateway.login('ben');
    await ben.service.subscribe('club:secret', () => {});
    const ann = await gateway.login('ann', TEXT);
    await expect(ann.service.subscribe(['open', 'club:wrong'], () => {})).rejects.toMatchObject({
      code: 'not_allowed',
      channels: ['club:wrong'],
    });
    expect(await ben.service.send('open', 1)).toMatchObject({ reason: 'no_recipient' });
  });

  test('hears calls that nobody here answers as messages', async () => {
    const ann = await gateway.login('ann', TEXT);
    const ben = await gateway.login('ben', TEXT);
    await ann.service.subscribe('sums', () => {});
    void ben.service.call('sums', 'add', { a: 1 }, { timeoutMs: 100 }).catch(() => {});
    const heard = await ann.events.take(
      'the call',
      ({ event, toClientId }) => event === 'message' && toClientId === 'sums',
    );
    expect(heard.content).toMatchObject({ a: 1, _MESSAGE_HANDLE: 'add' });
  });

  test('does not end the connection of another client with its id, where it is not to', async () => {
    const ann = await gateway.login('ann', TEXT);
    const error = await refusalOf(gateway.client('ann', { ...TEXT, takeOver: false }));
    expect(error).toMatchObject({ code: 'id_taken', message: expect.stringContaining('"ann"') });
    expect(ann.service.status.state).toBe('online');
    expect((await gateway.login('cid', { ...TEXT, takeOver: false })).service.status.state).toBe('online');
  });

  test('is over with its connection where it is not to come back', async () => {
    const ann = await gateway.login('ann', { ...TEXT, reconnect: false });
    await gateway.login('ann', TEXT);
    expect(await ann.status('offline')).toMatchObject({
      reason: 'logged in elsewhere',
      closed: { code: 1008, reason: 'logged in elsewhere' },
    });
    await expect(ann.service.listClients()).rejects.toMatchObject({ code: 'not_logged_in' });
  });

  test('can leave messages where they are for a while', async () => {
    const ann = await gateway.login('ann', TEXT);
    const ben = await gateway.login('ben');
    ann.service.pause();
    expect(await ben.service.send('ann', 'later')).toMatchObject({ delivered: 1 });
    expect(ann.events.kept.filter(({ event }) => event === 'message')).toEqual([]);
    ann.service.resume();
    await ann.message('later');
    ann.service.pause();
    await ann.service.logout();
    // Nothing comes any more, so there is nothing to leave.
    ann.service.pause();
    ann.service.resume();
    expect(() => ben.service.pause()).toThrow(expect.objectContaining({ code: 'not_supported' }));
  });

  test('finds a gateway by its URL', async () => {
    const { host, port } = gateway.http;
    for (const url of [`ws://${host}:${port}/crosscomm`, `http://ann:secret@${host}:${port}`]) {
      const ann = await connect({ url, clientId: 'ann' });
      expect(ann.status.protocol).toBe('frames');
      await ann.logout();
    }
    await expect(connect({ url: 'ftp://here' })).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('a server that does not take a client in', () => {
  test.each([
    [
      403,
      '{"error": {"code": "PEER_NOT_ALLOWED", "message": "Not from there."}}',
      'Not from there',
      'PEER_NOT_ALLOWED',
    ],
    [418, 'teapot', 'what is there answers 418', undefined],
  ])('and answers %d in HTTP is heard out', async (status, body, reason, code) => {
    const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const error = await refusalOf(gateway.client('ann', { port: (server.address() as AddressInfo).port }));
    expect(error).toMatchObject({ code: 'unreachable', reason, cause: code === undefined ? {} : { code } });
  });

  test('and is silent is not waited for longer than it is said', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.closeAllConnections());
    const { port } = server.address() as AddressInfo;
    server.on('upgrade', () => {});
    const error = await refusalOf(gateway.client('ann', { port, loginTimeoutMs: 100 }));
    expect(error).toMatchObject({ code: 'unreachable' });
    server.close();
  });
});
