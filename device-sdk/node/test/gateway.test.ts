import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { CommMsgType } from '@crosscomm/client';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { TestClient, TestGateway } from './support/gateway.ts';
import { TestProxy } from './support/proxy.ts';

const gateway = new TestGateway(new Map([['locked', 'secret']]));

beforeAll(() => gateway.start());
afterEach(() => gateway.logoutAll());
afterAll(() => gateway.dispose());

describe('a client of a gateway', () => {
  test('logs in by frames, says how it stands, and logs out', async () => {
    const ann = gateway.client('ann');
    expect(ann.service.status).toEqual({ state: 'offline', protocol: undefined });
    expect(await ann.service.login()).toBe(true);
    expect(ann.service.status).toEqual({ state: 'online', protocol: 'frames' });
    const ben = await gateway.login('ben');
    expect(await ben.service.getOnlineClients()).toContain('ann');
    await ann.service.logout();
    expect(ann.service.status.state).toBe('offline');
    await expect.poll(() => ben.service.getOnlineClients()).not.toContain('ann');
    await ann.service.login();
    expect(await ben.service.getOnlineClients()).toContain('ann');
  });

  test('has a short id of its own where it was given none', () => {
    const one = new TestClient({}).service.clientId;
    const other = new TestClient({}).service.clientId;
    expect(one).toMatch(/^js-[0-9a-f]{6}$/);
    expect(other).not.toBe(one);
  });

  test.each([
    [CommMsgType.TEXT, 'grüß dich 👋', 'text', 'grüß dich 👋'],
    [CommMsgType.TEXT, 21.5, 'text', '21.5'],
    [CommMsgType.DICT, { a: [1, 2.5, null, { b: true }] }, 'dict', { a: [1, 2.5, null, { b: true }] }],
    [CommMsgType.JSON, '[1, 2.0, "x"]', 'json', '[1,2.0,"x"]'],
    [CommMsgType.JSON, [1, 2], 'json', '[1,2]'],
    [CommMsgType.JSON, '{"a": 1.0}', 'json', '{"a":1.0}'],
    [CommMsgType.JSON, '"text"', 'json', '"text"'],
    [CommMsgType.BYTES, Buffer.from([0, 1, 254, 255]), 'bytes', new Uint8Array([0, 1, 254, 255])],
  ])('sends a %s message: %j', async (type, content, msgType, expected) => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    expect(await ann.service.sendMessage(content, type, 'ben')).toBe(true);
    expect(await ben.message(expected)).toMatchObject({
      msgId: expect.stringMatching(/^ann_\d+_[0-9a-f]{8}$/),
      fromClientId: 'ann',
      toClientId: 'ben',
      msgType,
      content: expected,
      timestamp: expect.closeTo(Date.now() / 1000, -2),
      ossKey: null,
    });
  });

  test('sends to all others, and never hears itself', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    expect(await ann.service.sendMessage('to all', CommMsgType.TEXT)).toBe(true);
    expect(await ben.message('to all')).toMatchObject({ toClientId: 'all' });
    await ann.service.sendMessage('to myself', CommMsgType.TEXT, 'ann');
    await ben.service.sendMessage('last', CommMsgType.TEXT, 'ann');
    await ann.message('last');
    expect(ann.events.kept.filter(({ event }) => event === 'message')).toEqual([]);
  });

  test('tells what became of a message', async () => {
    const ann = await gateway.login('ann');
    await gateway.login('ben');
    expect(await ann.service.send('ben', { led: 1 })).toEqual({ accepted: true, delivered: 1, reason: undefined });
    expect(await ann.service.send('nobody', 1)).toEqual({ accepted: false, delivered: 0, reason: 'no_recipient' });
    expect(await ann.service.send('ben', 'x'.repeat(100_000))).toMatchObject({ accepted: false, reason: 'too_large' });
    expect(await ann.service.sendMessage('hello?', CommMsgType.TEXT, 'nobody')).toBe(false);
  });

  test('hears at each listener what its filter lets through, until it is ended', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    const cid = await gateway.login('cid');
    const heard: string[] = [];
    cid.service.messageListener({ msgType: 'text' }, ({ content }) => void heard.push(`text ${content}`));
    cid.service.messageListener({ fromClientId: 'ben' }, ({ fromClientId }) => void heard.push(fromClientId));
    const end = cid.service.messageListener({ msgType: 'dict' }, () => void heard.push('dict'));
    await ann.service.sendMessage('one', CommMsgType.TEXT, 'cid');
    await ann.service.sendMessage({ two: 2 }, CommMsgType.DICT, 'cid');
    await ben.service.sendMessage('three', CommMsgType.TEXT, 'cid');
    await cid.message('three');
    end();
    await ann.service.sendMessage({ four: 4 }, CommMsgType.DICT, 'cid');
    await cid.message({ four: 4 });
    expect(heard).toEqual(['text one', 'dict', 'text three', 'ben']);
  });

  test('goes on when a listener fails, and reports it', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    const warned = new Promise<void>((resolve) => {
      const look = ({ message }: Error): void => {
        // Node warns of other things, too.
        if (message !== 'the listener failed') return;
        process.off('warning', look);
        resolve();
      };
      process.on('warning', look);
    });
    ben.service.messageListener({}, () => Promise.reject(new Error('the listener failed')));
    await ann.service.send('ben', 'hello');
    await ben.message('hello');
    await warned;
  });

  test('subscribes to channels and patterns', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    const heard: unknown[] = [];
    const end = await ben.service.subscribe('lab/room1', (data, { fromClientId, toClientId }) => {
      heard.push(['exactly', data, fromClientId, toClientId]);
    });
    await ben.service.subscribe('lab/+', (data, { toClientId }) => void heard.push(['pattern', data, toClientId]));
    await ann.service.send('lab/room1', { temperature: 21.5 });
    await ann.service.send('lab/room2', [1, 2]);
    await ben.message('[1,2]');
    end();
    await ann.service.send('lab/room1', 'last');
    await ben.message('last');
    expect(heard).toEqual([
      ['exactly', { temperature: 21.5 }, 'ann', 'lab/room1'],
      ['pattern', { temperature: 21.5 }, 'lab/room1'],
      ['pattern', [1, 2], 'lab/room2'],
      ['pattern', 'last', 'lab/room1'],
    ]);
  });

  test('may subscribe and offer functions before it logs in', async () => {
    const ann = await gateway.login('ann');
    const ben = gateway.client('ben');
    await ben.service.subscribe('early', () => {});
    await ben.service.register('early', 'hello', () => ({ hello: 'there' }));
    await ben.service.login();
    // Confirmed after every subscription before it.
    await ben.service.subscribe('confirmed', () => {});
    expect(await ann.service.send('early', 'bird')).toMatchObject({ delivered: 1 });
    await ben.message('bird');
    expect(await ann.service.call('early', 'hello')).toEqual({ hello: 'there' });
  });

  test('logs out after what it sent has arrived', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    // More than can be under way at once, less than may wait for one client.
    const sent = Promise.all(
      Array.from({ length: 35 }, (_, n) => ann.service.send('ben', { n, text: 'x'.repeat(5000) })),
    );
    await ann.service.logout();
    expect((await sent).filter(({ delivered }) => delivered !== 1)).toEqual([]);
    await ben.message({ n: 34, text: 'x'.repeat(5000) });
  });

  test('calls a function of another, by its id and by a channel', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    await gateway.login('cid').then(({ service }) => service.register('sums', 'other', () => 0));
    await ben.service.register('ben', 'add', ({ a, b }, from) => ({ sum: a + b, from }));
    await ben.service.register('sums', 'add', async ({ a, b }) => ({ sum: a + b }));
    expect(await ann.service.call('ben', 'add', { a: 1, b: 2 })).toEqual({ sum: 3, from: 'ann' });
    expect(await ann.service.call('sums', 'add', { a: 20, b: 1.5 })).toEqual({ sum: 21.5 });
  });

  test('is told why a call failed', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    await ben.service.register('ben', 'fail', () => {
      throw new Error('the motor is stuck');
    });
    await ben.service.register('ben', 'hang', () => new Promise(() => {}));
    await expect(ann.service.call('ben', 'fail')).rejects.toMatchObject({
      code: 'call_failed',
      message: expect.stringContaining('the motor is stuck'),
    });
    await expect(ann.service.call('ben', 'unknown')).rejects.toMatchObject({ code: 'no_function' });
    await expect(ann.service.call('nobody', 'f')).rejects.toMatchObject({ code: 'no_recipient' });
    await expect(ann.service.call('ben', 'hang', {}, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
  });

  test('has a variable in common with others', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    const ours = ann.service.variable<number>('room', 'light');
    const theirs = ben.service.variable<number>('room', 'light');
    await ben.service.subscribe('room', () => {});
    expect(ours.get()).toBeUndefined();
    const changed = new Promise((resolve) => theirs.onChange((value, from) => resolve([value, from])));
    await ours.set(42);
    expect(await changed).toEqual([42, 'ann']);
    expect([ours.get(), theirs.get()]).toEqual([42, 42]);
  });

  test('lists who is there, and who was', async () => {
    const ann = await gateway.login('ann');
    const gone = await gateway.login('gone-by');
    await gone.service.logout();
    await expect.poll(() => ann.service.getOnlineClients()).not.toContain('gone-by');
    const { clients: online, totalCount, onlyShowOnline } = await ann.service.listClients();
    expect(online).toContainEqual({ clientId: 'ann', status: 'online', lastHeartbeat: null, loginTime: null });
    expect(online.map(({ clientId }) => clientId)).not.toContain('gone-by');
    expect([totalCount, onlyShowOnline]).toEqual([online.length, true]);
    const all = await ann.service.listClients({ onlyShowOnline: false });
    expect(all.clients).toContainEqual(expect.objectContaining({ clientId: 'gone-by', status: 'offline' }));
  });

  test('keeps what it sends while its connection is lost', async () => {
    const proxy = new TestProxy(() => gateway.http);
    await proxy.open();
    onTestFinished(() => proxy.close());
    const ann = await gateway.login('ann', { port: proxy.port });
    const ben = await gateway.login('ben');
    await ann.status('online');
    await proxy.close();
    await ann.status('reconnecting');
    const sent = ann.service.send('ben', 'from Ann');
    await proxy.open();
    await ann.status('online');
    expect(await sent).toEqual({ accepted: true, delivered: 1, reason: undefined });
    await ben.message('from Ann');
  });

  test('comes back when the gateway does, with its subscriptions', async () => {
    const ann = await gateway.login('ann');
    const ben = await gateway.login('ben');
    await Promise.all([ann.status('online'), ben.status('online')]);
    await ben.service.subscribe('lab', () => {});
    await gateway.stop();
    await Promise.all([ann.status('reconnecting'), ben.status('reconnecting')]);
    await gateway.start();
    await Promise.all([ann.status('online'), ben.status('online')]);
    // Confirmed after every subscription that Ben's client made anew.
    await ben.service.subscribe('confirmed', () => {});
    expect(await ann.service.send('lab', 'again')).toMatchObject({ delivered: 1 });
    await ben.message('again');
  });
});

describe('a client that a gateway refuses', () => {
  test('as its id is taken is told so, and the other stays', async () => {
    const first = await gateway.login('twin');
    const second = gateway.client('twin');
    await expect(second.service.login()).rejects.toMatchObject({
      code: 'id_taken',
      message: expect.stringContaining('"twin"'),
    });
    expect(second.service.status.state).toBe('offline');
    expect(first.service.status.state).toBe('online');
  });

  test('as its id will not do is told so', async () => {
    await expect(gateway.client('two words').service.login()).rejects.toMatchObject({ code: 'id_invalid' });
  });

  test('for want of a password gets in with one', async () => {
    const locked = gateway.client('locked');
    await expect(locked.service.login()).rejects.toMatchObject({ code: 'credentials' });
    const open = await gateway.login('locked', { ip: 'locked:secret@127.0.0.1' });
    expect(open.service.status.state).toBe('online');
  });
});

describe('a client that is used wrongly', () => {
  test('without a server says that nobody is there', async () => {
    const lost = new TestClient({ port: 1 });
    await expect(lost.service.login()).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    expect(lost.service.status.state).toBe('offline');
  });

  test('and logged out before the server answers ends its login', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void silent.close());
    await once(silent, 'listening');
    const { service } = new TestClient({ port: (silent.address() as AddressInfo).port });
    const login = service.login();
    const connected = once(silent, 'connection');
    const refused = expect(login).rejects.toMatchObject({ code: 'offline' });
    await connected;
    await service.logout();
    await refused;
  });

  test('before login says so', async () => {
    const { service } = new TestClient({});
    await expect(service.sendMessage('x', CommMsgType.TEXT)).rejects.toMatchObject({ code: 'not_logged_in' });
    await expect(service.listClients()).rejects.toMatchObject({ code: 'not_logged_in' });
    await expect(service.call('a', 'b')).rejects.toMatchObject({ code: 'not_logged_in' });
    await expect(service.logout()).resolves.toBeUndefined();
  });

  test('twice at once says so', async () => {
    const { service } = await gateway.login('ann');
    await expect(service.login()).rejects.toMatchObject({ code: 'id_taken' });
  });

  test('with content that its type does not have says what it has to be', async () => {
    const { service } = await gateway.login('ann');
    const wrong = { code: 'bad_content' };
    await expect(service.sendMessage('{"a":', CommMsgType.JSON)).rejects.toMatchObject(wrong);
    await expect(service.sendMessage('text', CommMsgType.DICT)).rejects.toMatchObject(wrong);
    await expect(service.sendMessage('text', CommMsgType.BYTES)).rejects.toMatchObject(wrong);
    await expect(service.sendMessage('text', 'shout' as 'text')).rejects.toMatchObject(wrong);
    await expect(service.send('lab', () => {})).rejects.toMatchObject(wrong);
  });

  test('as a server says which of the two it is', async () => {
    await expect(new TestClient({ role: 'server' }).service.login()).rejects.toMatchObject({ code: 'wrong_role' });
    await expect(new TestClient({}).service.startServer()).rejects.toMatchObject({ code: 'wrong_role' });
  });
});

describe('files', () => {
  test('that others send come with their name and key, and are downloaded where a listener asks for it', async () => {
    const ann = await gateway.login('ann');
    const downloads: string[] = [];
    const objects = {
      send: async (path: string, type: string, to: string) => path === 'photo.png' && type === 'image' && to === 'ann',
      download: async (key: string, directory: string) => {
        downloads.push(`${key} ${directory}`);
        return `${directory}/photo.png`;
      },
    };
    const ben = await gateway.login('ben', { objects });
    const photo = { file: 'photo.png', kind: 'image', object_key: 'cross_comm/ann/1_0.png' };
    await ann.service.send('ben', photo);
    expect(await ben.message('photo.png')).toMatchObject({ msgType: 'image', ossKey: 'cross_comm/ann/1_0.png' });
    ben.service.messageListener({ msgType: 'image', downloadDirectory: 'there' }, () => {});
    await ann.service.send('ben', photo);
    await ben.message('there/photo.png');
    expect(await ben.service.downloadFileManually('a/key', 'here')).toBe(true);
    expect(downloads).toEqual(['cross_comm/ann/1_0.png there', 'a/key here']);
    expect(await ben.service.sendMessage('photo.png', CommMsgType.IMAGE, 'ann')).toBe(true);
  });
});
