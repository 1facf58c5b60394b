import { encodeFrame, type Frame } from '@crosscomm/protocol';
import { accountOf } from '@crosscomm/testing/accounts';
import type { FrameDevice } from '@crosscomm/testing/frame-device';
import { secretToken } from '@crosscomm/testing/secrets';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/hub/message.ts';
import type { Numbering, NumberingStore } from '../../../src/protocols/frames/delivery/numberings.ts';
import { DEFAULT_FRAME_OPTIONS } from '../../../src/protocols/frames/options.ts';
import { FileStore } from './file-store.ts';
import { buildFrameHouse, type FrameHouse } from './support.ts';

const TOKENS = { ann: secretToken(), ben: secretToken(), eve: secretToken() };
type Name = keyof typeof TOKENS;

class Store implements NumberingStore {
  readonly kept = new Map<string, Numbering>();

  save(numberings: readonly (readonly [id: string, numbering: Numbering])[], done: () => void): void {
    for (const [id, numbering] of numberings) this.kept.set(id, numbering);
    done();
  }

  forget(id: string): void {
    this.kept.delete(id);
  }
}

let house: FrameHouse;
let store: Store;
let files: FileStore;
beforeEach(async () => {
  store = new Store();
  files = new FileStore();
  files.objects.set('private/cat', Buffer.from('meow'));
  files.objects.set('shared/cat', Buffer.from('purr'));
  house = buildFrameHouse({ files }, {}, store);
  house.roles.replace([
    {
      name: 'narrow',
      readsInboxes: false,
      rules: [
        { effect: 'allow', actions: ['send', 'subscribe', 'presence', 'call', 'read'] },
        { effect: 'deny', actions: ['read'], topics: ['private/#'] },
        { effect: 'deny', actions: ['send', 'subscribe'], topics: ['secret/#'] },
        { effect: 'deny', actions: ['send'], topics: ['quiet', 'caller'] },
        { effect: 'deny', actions: ['presence', 'call'], topics: ['ann', 'robot'] },
      ],
    },
  ]);
  for (const [name, token] of Object.entries(TOKENS)) {
    await house.accounts.add(accountOf(name, { token, roles: [name === 'eve' ? 'narrow' : 'device'] }));
  }
});

const LAMP = { deviceId: 'lamp', bootId: 7, maxFrame: 512 };

/** A device of this account. */
function open(name: Name, hello: object = LAMP): FrameDevice {
  const device = house.connect();
  device.greet({ ...LAMP, ...hello, user: name, password: TOKENS[name] });
  return device;
}

function errors(device: FrameDevice): unknown[] {
  return device.take().flatMap((frame) => (frame.type === 'error' ? [[frame.code, frame.about]] : []));
}

function listener(...channels: string[]): MemorySession {
  const session = new MemorySession('listener');
  house.hub.join(session);
  for (const channel of channels) house.hub.subscribe(session, channel);
  return session;
}

describe('a device with credentials in its Hello', () => {
  it.each([
    ['a wrong one', 'lamp', 'ann', 'wrong'],
    ['none, for an id of an account', 'ann-lamp', undefined, undefined],
    ['those of another account, for an id that one owns', 'ann-lamp', 'ben', TOKENS.ben],
  ])('is refused by %s', async (_, deviceId, user, password) => {
    const device = house.connect();
    const credentials = user === undefined ? {} : { user, password };
    device.say({ type: 'hello', version: 1, bootId: 1, maxFrame: 256, deviceId, ...credentials });
    let told: Frame[] = [];
    await expect
      .poll(() => {
        told = [...told, ...device.take()];
        return told.length;
      })
      .toBe(1);
    expect(told).toMatchObject([{ type: 'error', code: 6, about: [0] }]);
    expect(house.hub.onlineIds()).toEqual([]);
  });

  it('is that account', () => {
    open('ann');
    const session = house.hub.session('lamp') as unknown as { principal: object };
    expect(session.principal).toMatchObject({ id: 'lamp', account: 'ann', proof: 'token' });
  });
});

describe('an id that nobody owns', () => {
  it('is not taken from the account that has it online, also not while its link is just lost', () => {
    const first = open('ann');
    for (const isPlugged of [true, false]) {
      if (!isPlugged) first.unplug();
      const other = house.connect();
      other.say({ type: 'hello', version: 1, ...LAMP, user: 'ben', password: TOKENS.ben });
      expect(errors(other)).toEqual([[5, [0]]]);
    }
    const hello = { resume: { session: 1, received: 0, firstSeq: 1 } };
    expect(() => open('ben', hello)).toThrow('no Welcome');
  });

  it('gives another account nothing that was of the one before', () => {
    const first = open('ann');
    first.say({ type: 'alias', alias: 1, channel: 'room', flags: 1 });
    first.number(1, { type: 'message', to: 'news', value: 'x' });
    house.clock.advance(1000);
    first.unplug();
    const news = new Message({ from: 'ben', to: 'room', kind: 'text', body: 'for ann', timestampMs: 0 });
    house.hub.send(news);
    house.clock.advance(DEFAULT_FRAME_OPTIONS.lingerMs);
    const second = house.connect();
    const welcome = second.greet({ ...LAMP, user: 'ben', password: TOKENS.ben });
    expect(welcome).toMatchObject({ lastSeq: 0, resumed: false });
    house.hub.send(news);
    expect(second.takeNumbered()).toEqual([]);
    expect(house.hub.members('room')).toEqual([]);
  });

  it('gives the same account all of it, also by another of its tokens', async () => {
    const first = open('ann');
    first.say({ type: 'alias', alias: 1, channel: 'room', flags: 1 });
    first.number(1, { type: 'message', to: 'news', value: 'x' });
    house.clock.advance(1000);
    first.unplug();
    house.clock.advance(DEFAULT_FRAME_OPTIONS.lingerMs);
    const again = house.connect();
    expect(again.greet({ ...LAMP, user: 'ann', password: TOKENS.ann })).toMatchObject({ lastSeq: 1 });
    expect(house.hub.members('room')).toEqual(['lamp']);
  });

  it('has its numbering on disk with its account', () => {
    const first = open('ann');
    first.number(1, { type: 'message', to: 'news', value: 'x' });
    house.clock.advance(1000);
    expect(store.kept.get('lamp')).toEqual({ bootId: 7, last: 1, account: 'ann' });
    const nobodys = buildFrameHouse();
    nobodys.devices.restore(store.kept);
    const device = nobodys.connect();
    expect(device.greet(LAMP)).toMatchObject({ lastSeq: 0 });
  });
});

describe('an account that is removed', () => {
  it('loses its device at once, which is told', async () => {
    const device = open('ann');
    device.take();
    await house.accounts.remove('ann');
    expect(device.take()).toMatchObject([
      { type: 'error', code: 6, about: [0] },
      { type: 'goodbye', reason: 0 },
    ]);
    expect(device.ended).toBe(true);
    expect(house.hub.onlineIds()).toEqual([]);
  });

  it('loses what waits for a device without a link', async () => {
    const device = open('ann');
    device.say({ type: 'alias', alias: 1, channel: 'room', flags: 1 });
    device.unplug();
    house.clock.advance(DEFAULT_FRAME_OPTIONS.lingerMs);
    expect(house.devices.log('lamp')).toBeDefined();
    await house.accounts.remove('ann');
    expect(house.devices.log('lamp')).toBeUndefined();
  });

  it('does not get a device by a link that waited for its turn', async () => {
    open('ann');
    const other = house.connect();
    other.say({ type: 'hello', version: 1, ...LAMP, bootId: 8, user: 'ann', password: TOKENS.ann });
    await house.accounts.remove('ann');
    house.clock.advance(5000);
    expect(house.hub.onlineIds()).toEqual([]);
    expect(other.take().map(({ type }) => type)).not.toContain('welcome');
  });
});

describe('a changed rule', () => {
  it('holds for subscriptions made by an earlier link', async () => {
    const first = open('ann');
    first.say({ type: 'alias', alias: 1, channel: '#', flags: 1 });
    first.unplug();
    const again = open('ann', { resume: { session: 0, received: 0, firstSeq: 1 } });
    const say = (): void =>
      void house.hub.send(new Message({ from: 'x', to: 'secret/a', kind: 'text', body: 'x', timestampMs: 0 }));
    again.take();
    say();
    expect(again.takeNumbered()).toHaveLength(1);
    await house.accounts.update('ann', (account) => ({ ...account, roles: ['narrow'] }));
    say();
    expect(again.takeNumbered()).toEqual([]);
  });
});

describe('a device that may not', () => {
  it('send, by a name, an alias or a call, is told so', () => {
    const heard = listener('secret/a', 'robot');
    const eve = open('eve', { deviceId: 'eve', capabilities: 1 });
    eve.take();
    eve.say({ type: 'alias', alias: 1, channel: 'secret/a', flags: 0 });
    eve.number(1, { type: 'message', to: 'secret/a', value: 1 });
    eve.number(2, { type: 'message', to: 1, value: 1 });
    eve.number(3, { type: 'call', callId: 1, to: 'robot', function: 'go', args: null });
    const told = eve.take();
    expect(told.filter(({ type }) => type === 'receipt')).toMatchObject([
      { seq: 1, delivered: 0, code: 7 },
      { seq: 2, delivered: 0, code: 7 },
    ]);
    expect(told).toContainEqual(
      expect.objectContaining({
        type: 'sequenced',
        frame: expect.objectContaining({ type: 'reply', code: 7 }) as Frame,
      }),
    );
    expect(heard.received).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'frames PEER_NOT_ALLOWED': 3 });
  });

  it('subscribe, or keep values, is told so, and lists leave out whom it may not know of', () => {
    open('ann', { deviceId: 'ann' });
    const eve = open('eve', { deviceId: 'eve' });
    eve.take();
    eve.say(
      { type: 'alias', alias: 1, channel: 'secret/a', flags: 1 },
      { type: 'keep', channel: 'secret/a', value: ['x'] },
    );
    expect(errors(eve)).toEqual([
      [7, [6, 1]],
      [7, [24]],
    ]);
    eve.say({ type: 'listClients', onlyOnline: true });
    expect(eve.takeNumbered()).toMatchObject([[2, { type: 'clients', clients: [{ id: 'eve', online: true }] }]]);
  });

  it('send to a client answers its call', () => {
    const caller = new MemorySession('caller');
    house.hub.join(caller);
    const eve = open('eve', { deviceId: 'eve' });
    eve.take();
    const call = { from: 'caller', to: 'eve', kind: 'dict', timestampMs: 0 } as const;
    house.hub.send(new Message({ ...call, body: '{"_MESSAGE_HANDLE":"f","_MESSAGE_ID":"m-1"}' }));
    const [[, asked]] = eve.takeNumbered() as [[number, { callId: number }]];
    eve.say({ type: 'reply', callId: asked.callId, value: new Map([['sum', 3]]) });
    eve.say({ type: 'message', to: 'caller', value: new Map([['unasked', 1]]) });
    expect(caller.received.map(({ body }) => body)).toEqual(['{"sum":3,"_MESSAGE_ID":"m-1"}']);
  });

  it('send to a channel reads what is kept there, and has nothing more kept', () => {
    const from = { from: 'x', to: 'quiet', kind: 'dict', timestampMs: 0 } as const;
    house.hub.send(new Message({ ...from, body: '{"on":true,"hue":7}' }), { keep: true });
    const eve = open('eve', { deviceId: 'eve' });
    eve.take();
    eve.say({ type: 'keep', channel: 'quiet', value: ['on', 'more'] });
    const value = new Map<string, unknown>([
      ['on', true],
      ['more', null],
    ]);
    expect(eve.takeNumbered()).toMatchObject([[1, { type: 'keep', channel: 'quiet', value }]]);
    house.hub.send(new Message({ ...from, body: '{"more":1}' }));
    expect(house.hub.retained('quiet')?.body).toBe('{"on":true,"hue":7}');
  });

  it('is on a cable has the role for that', () => {
    const cable = Object.assign(house.connect(), { isCable: true });
    cable.say(encodeFrame({ type: 'hello', version: 1, ...LAMP }));
    const session = house.hub.session('lamp') as unknown as { principal: object };
    expect(session.principal).toMatchObject({ proof: 'cable', account: undefined });
  });
});

describe('files of a device that may not', () => {
  const photo = (objectKey: string): Message =>
    new Message({
      ...{ from: 'x', to: 'eve', kind: 'image', body: 'cat.jpg', timestampMs: 0, objectKey },
      objectUrl: `http://here/objects/${objectKey}?signature=s`,
    });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const NO_OPTIONS = { width: null, height: null, fit: null, format: null };

  function openEve(): FrameDevice {
    const eve = open('eve', { deviceId: 'eve', capabilities: 4 });
    eve.take();
    return eve;
  }

  it('read them are neither offered nor given, and their link is left out', async () => {
    const eve = openEve();
    house.hub.send(photo('private/cat'));
    house.hub.send(photo('shared/cat'));
    await settle();
    const [told, offered] = eve.takeNumbered() as [number, { type: string; value?: unknown }][];
    expect(told?.[1].type).toBe('message');
    expect(JSON.stringify([...((told?.[1].value ?? []) as Map<string, unknown>)])).not.toContain('signature');
    expect(offered?.[1]).toMatchObject({ type: 'offer', key: 'shared/cat' });
    eve.say({ type: 'fetch', what: 'private/cat', options: NO_OPTIONS });
    expect(errors(eve)).toEqual([[7, [21]]]);
  });

  it('read them any more are not given what they were offered', async () => {
    const eve = openEve();
    house.hub.send(photo('shared/cat'));
    await settle();
    eve.take();
    await house.accounts.update('eve', (account) => ({ ...account, roles: [] }));
    eve.say({ type: 'want', fileId: 1, offset: 0, bytes: 100 });
    await settle();
    expect(eve.take()).toMatchObject([{ type: 'cancel', fileId: 1, code: 7 }]);
  });

  it('store them, or send there, has its offer cancelled', async () => {
    const eve = openEve();
    eve.say({ type: 'offer', fileId: 0, name: 'fox.txt', size: 3, party: 'news' });
    const ann = open('ann', { deviceId: 'ann', capabilities: 4 });
    house.access.maySend = (_, to) => to !== 'secret/a';
    ann.take();
    ann.say({ type: 'offer', fileId: 0, name: 'fox.txt', size: 3, party: 'secret/a' });
    await settle();
    expect(eve.take()).toMatchObject([{ type: 'cancel', fileId: 0, code: 7 }]);
    expect(ann.take()).toMatchObject([{ type: 'cancel', fileId: 0, code: 7 }]);
    expect(files.uploads).toEqual([]);
  });
});
