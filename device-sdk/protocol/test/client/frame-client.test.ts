import {
  CAPABILITIES,
  CODES,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameClient,
  type FrameClientError,
  type IncomingCall,
  MESSAGE_KINDS,
  type Outcome,
  TIMES,
  type Welcome,
} from '@crosscomm/protocol';
import { bodies, join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { Message } from '../../../../gateway/src/hub/message.ts';
import { buildClient, buildFrameHouse, elapse, type FrameHouse, Line, openClient, texts } from './support.ts';

/** A client whose gateway is the test: what it sent, and a way to welcome it. */
function scripted(): {
  house: FrameHouse;
  client: FrameClient;
  sent: Frame[];
  welcome: (fields: Pick<Welcome, 'session' | 'lastSeq'> & Partial<Welcome>) => void;
} {
  const house = buildFrameHouse();
  const { client } = buildClient(house);
  const sent: Frame[] = [];
  client.linkUp({ send: (bytes) => sent.push(decodeFrame(bytes)) > 0, close: () => {} });
  const limits = { maxFrame: 256, window: 256, maxAliases: 8, maxKeys: 8 };
  const rest = { type: 'welcome', version: 1, serverTime: 0, timeTrusted: false, limits } as const;
  return { house, client, sent, welcome: (fields) => client.receive(encodeFrame({ ...rest, ...fields })) };
}

describe('the session of a FrameClient', () => {
  it('begins with Hello and Welcome', () => {
    const house = buildFrameHouse();
    const { client, states } = openClient(house);
    expect(states).toEqual(['greeting', 'online']);
    expect(client.welcome).toMatchObject({ type: 'welcome', lastSeq: 0, resumed: false });
    expect(house.hub.clients()).toMatchObject([{ id: 'uno-1', online: true }]);
  });

  it('says Hello again where it is not answered, each time after a longer wait, and closes a link that stays silent', () => {
    const house = buildFrameHouse();
    const { client, states } = buildClient(house, { random: () => 0.5 });
    const hellos: number[] = [];
    let isClosed = false;
    const startMs = house.clock.now();
    client.linkUp({
      send: () => hellos.push(house.clock.now() - startMs) > 0,
      close: () => {
        isClosed = true;
      },
    });
    house.clock.advance(TIMES.silentMs);
    expect(hellos).toEqual([0, 500, 1500, 3500, 7500, 15_500]);
    expect(isClosed).toBe(true);
    expect(states).toEqual(['greeting', 'offline']);
  });

  it('goes on over a new link: nothing that was acknowledged is repeated, nothing else is lost', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    const { session } = party.client.welcome ?? {};
    party.client.send('lab', 'one');
    elapse(house, party, 100);
    party.client.send('lab', 'two');
    party.line.cut();
    party.client.send('lab', 'three');
    send(house.hub, 'anna', 'uno-1', 'while away');
    party.reconnect();
    expect(party.client.welcome).toMatchObject({ session, resumed: true });
    elapse(house, party, 100);
    expect(bodies(anna)).toEqual(['one', 'two', 'three']);
    expect(texts(party.messages)).toEqual(['anna inbox "while away"']);
    expect(party.client.pending).toBe(0);
  });

  it('begins anew with a gateway that knows nothing of it, with its subscriptions, keys and unacknowledged messages', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    party.client.subscribe('lab');
    party.client.addKeys(['t']);
    party.line.carry();
    send(house.hub, 'anna', 'lab', 'before');
    elapse(house, party, 100);
    party.line.full = true;
    party.client.send('lab', { t: 1 });
    const restarted = buildFrameHouse();
    const ben = join(restarted.hub, 'ben', ['lab']);
    party.reconnect(restarted.devices);
    elapse(restarted, party, 100);
    expect(party.client.welcome).toMatchObject({ resumed: false });
    expect(bodies(ben)).toEqual(['{"t":1}']);
    expect(texts(party.messages)).toEqual(['anna lab "before"']);
    send(restarted.hub, 'ben', 'lab', '{"t":2}');
    party.line.carry();
    expect(texts(party.messages)).toEqual(['ben lab {"t":2}']);
  });

  it('subscribes again with a gateway that knows nothing of it, before it has anything to send', () => {
    const party = openClient(buildFrameHouse());
    party.client.subscribe('lab');
    party.line.carry();
    const restarted = buildFrameHouse();
    party.reconnect(restarted.devices);
    send(restarted.hub, 'ben', 'lab', 'again');
    party.line.carry();
    expect(texts(party.messages)).toEqual(['ben lab "again"']);
  });

  it('moves to another wire at once', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    const former = party.line;
    party.line = new Line(party.client, house.devices);
    party.line.carry();
    expect(former.isOpen).toBe(false);
    expect(party.client.state).toBe('online');
    send(house.hub, 'anna', 'uno-1', 'here');
    party.line.carry();
    expect(texts(party.messages)).toEqual(['anna inbox "here"']);
  });

  it('waits 30 s where its id is taken, tells why, and comes in when it is free', () => {
    const house = buildFrameHouse();
    join(house.hub, 'uno-1');
    const errors: FrameClientError[] = [];
    const party = openClient(house, {}, { error: (error) => errors.push(error) });
    expect(errors).toMatchObject([{ code: CODES.id_taken, about: [0] }]);
    expect(party.client.state).toBe('greeting');
    expect(party.client.helloDelayMs).toBe(30_000);
    const holder = house.hub.session('uno-1');
    if (holder) house.hub.leave(holder, 'left');
    elapse(house, party, 29_900);
    expect(party.client.state).toBe('greeting');
    elapse(house, party, 100);
    expect(party.client.state).toBe('online');
  });

  it('stops where its id will never do', () => {
    const house = buildFrameHouse();
    const errors: FrameClientError[] = [];
    const { client, states, line } = openClient(
      house,
      { deviceId: 'no blanks' },
      { error: (error) => errors.push(error) },
    );
    expect(errors).toMatchObject([{ code: CODES.id_invalid }]);
    expect(states).toEqual(['greeting', 'stopped']);
    expect(line.isOpen).toBe(false);
    const outcomes: Outcome[] = [];
    expect(client.send('lab', 1, (outcome) => outcomes.push(outcome))).toBe(false);
    expect(outcomes).toEqual([{ code: CODES.offline, delivered: 0 }]);
  });

  it('gives its credentials', () => {
    const house = buildFrameHouse({}, { users: new Map([['uno-1', 'secret']]) });
    expect(openClient(house, { password: 'wrong' }).client.state).toBe('greeting');
    expect(openClient(house, { user: 'uno-1', password: 'secret' }).client.state).toBe('online');
  });

  it('pings when it has said nothing, and stays online through an hour of silence from both sides', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    elapse(house, party, 3_600_000);
    expect(party.states).toEqual(['greeting', 'online']);
  });

  it('takes the link as lost when it hears nothing for 30 s', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    for (let ms = 0; ms < 30_000; ms += 1000) {
      house.clock.advance(1000);
      party.line.up.length = 0;
      party.line.down.length = 0;
    }
    expect(party.states).toEqual(['greeting', 'online', 'offline']);
    expect(party.line.isOpen).toBe(false);
  });

  it('does not send again what the Welcome says was taken', () => {
    const { client, sent, welcome } = scripted();
    const outcomes: Outcome[] = [];
    for (const value of ['one', 'two', 'three']) client.send('lab', value, (outcome) => outcomes.push(outcome));
    welcome({ session: 9, lastSeq: 0 });
    client.linkDown();
    client.linkUp({ send: (bytes) => sent.push(decodeFrame(bytes)) > 0, close: () => {} });
    sent.splice(0);
    welcome({ session: 9, lastSeq: 2, resumed: true });
    expect(sent).toMatchObject([{ type: 'sequenced', seq: 3, frame: { value: 'three' } }]);
    expect(outcomes).toEqual([
      { code: CODES.ok, delivered: undefined },
      { code: CODES.ok, delivered: undefined },
    ]);
  });

  it('says Hello again where an Ack is for what it never sent', () => {
    const { client, sent, welcome } = scripted();
    welcome({ session: 9, lastSeq: 0 });
    sent.splice(0);
    client.receive(encodeFrame({ type: 'ack', seq: 1 }));
    expect(sent).toMatchObject([{ type: 'hello', resume: { firstSeq: 1, session: 9, received: 0 } }]);
  });

  it('says once for each gap and 100 ms which number it misses', () => {
    const { house, client, sent, welcome } = scripted();
    welcome({ session: 9, lastSeq: 0 });
    sent.splice(0);
    const later = (seq: number): void => {
      client.receive(encodeFrame({ type: 'sequenced', seq, frame: { type: 'message', to: null, value: seq } }));
    };
    later(2);
    later(3);
    expect(sent.splice(0)).toEqual([{ type: 'ack', seq: 0 }]);
    house.clock.advance(TIMES.repeatedAckMs);
    later(4);
    expect(sent).toEqual([{ type: 'ack', seq: 0 }]);
  });

  it('says Hello at once where its session is unknown, and soon again, however long it tried before', () => {
    const { house, client, sent, welcome } = scripted();
    house.clock.advance(TIMES.silentMs / 2);
    welcome({ session: 9, lastSeq: 0 });
    sent.splice(0);
    client.receive(encodeFrame({ type: 'error', code: CODES.not_welcome_yet }));
    expect(sent).toMatchObject([{ type: 'hello' }]);
    house.clock.advance(TIMES.helloFirstRetryMs * TIMES.helloJitterMax);
    expect(sent).toMatchObject([{ type: 'hello' }, { type: 'hello' }]);
  });

  it('sends again what is not acknowledged half a second after it was sent, whatever was acknowledged before', () => {
    const { house, client, sent, welcome } = scripted();
    welcome({ session: 9, lastSeq: 0 });
    client.send('lab', 'one');
    client.receive(encodeFrame({ type: 'ack', seq: 1 }));
    house.clock.advance(TIMES.repeatFirstMs - 10);
    client.send('lab', 'two');
    sent.splice(0);
    house.clock.advance(TIMES.repeatFirstMs - 1);
    expect(sent).toEqual([]);
    house.clock.advance(1);
    expect(sent).toMatchObject([{ type: 'sequenced', seq: 2 }]);
  });

  it('pings after ten seconds in which it had nothing to say', () => {
    const { house, client, sent, welcome } = scripted();
    welcome({ session: 9, lastSeq: 0 });
    sent.splice(0);
    house.clock.advance(TIMES.pingMs - 1);
    expect(sent).toEqual([]);
    house.clock.advance(1);
    expect(sent).toMatchObject([{ type: 'ping' }]);
    client.receive(encodeFrame({ type: 'pong' }));
    client.send('lab', 1);
    client.receive(encodeFrame({ type: 'ack', seq: 1 }));
    sent.splice(0);
    house.clock.advance(TIMES.pingMs - 1);
    expect(sent).toEqual([]);
  });

  it('takes the link as lost when nothing is acknowledged, though the gateway still says something', () => {
    const house = buildFrameHouse();
    const { client } = buildClient(house);
    const sentMs: number[] = [];
    const startMs = house.clock.now();
    const send = (bytes: Uint8Array): boolean => {
      if (decodeFrame(bytes).type === 'sequenced') sentMs.push(house.clock.now() - startMs);
      return true;
    };
    client.linkUp({ send, close: () => {} });
    const limits = { maxFrame: 256, window: 256, maxAliases: 8, maxKeys: 8 };
    const welcome = { version: 1, session: 9, lastSeq: 0, serverTime: 0, timeTrusted: false, limits } as const;
    client.receive(encodeFrame({ type: 'welcome', ...welcome }));
    client.send('lab', 1);
    while (client.state === 'online' && sentMs.length < 20) {
      house.clock.advance(500);
      client.receive(encodeFrame({ type: 'ping' }));
    }
    expect(sentMs).toEqual([0, 500, 1500, 3500, 7500, 15_500, 23_500, 31_500, 39_500]);
    expect(client.state).toBe('offline');
    expect(client.pending).toBe(1);
  });

  it('acknowledges at once when half of its window is used, else within 50 ms', () => {
    const house = buildFrameHouse();
    const party = openClient(house, { maxFrame: 128, window: 128 });
    const acks = (): number[] =>
      party.line.up.splice(0).flatMap((bytes) => {
        const frame = decodeFrame(bytes);
        return frame.type === 'ack' ? [frame.seq] : [];
      });
    send(house.hub, 'anna', 'uno-1', 'short');
    party.client.receive(party.line.down.shift() ?? new Uint8Array());
    expect(acks()).toEqual([]);
    house.clock.advance(50);
    expect(acks()).toEqual([1]);
    send(house.hub, 'anna', 'uno-1', 'x'.repeat(60));
    party.client.receive(party.line.down.shift() ?? new Uint8Array());
    expect(acks()).toEqual([2]);
  });

  it('says goodbye, and tells whoever waits that it is over', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    const outcomes: Outcome[] = [];
    const codes: number[] = [];
    party.client.send('lab', 1, (outcome) => outcomes.push(outcome));
    party.client.call('oracle', 'add', {}, ({ code }) => codes.push(code));
    party.client.listClients(({ code }) => codes.push(code));
    party.client.subscribe('lab', (code) => codes.push(code));
    party.client.stop();
    expect(outcomes).toEqual([{ code: CODES.offline, delivered: undefined }]);
    expect(codes).toEqual([CODES.offline, CODES.offline, CODES.offline]);
    expect(party.client.state).toBe('stopped');
  });

  it('comes back after the gateway has forgotten it', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    house.devices.stop();
    party.line.carry();
    const restarted = buildFrameHouse();
    party.reconnect(restarted.devices);
    expect(party.client.state).toBe('online');
  });
});

describe('what a FrameClient sends', () => {
  it('is reported as delivered, with how many have it, or as refused, with why', () => {
    const house = buildFrameHouse();
    join(house.hub, 'anna', ['lab']);
    join(house.hub, 'ben', ['lab']);
    const party = openClient(house);
    const outcomes: Outcome[] = [];
    const settle = (outcome: Outcome): void => void outcomes.push(outcome);
    party.client.send('lab', { t: 21.5 }, settle);
    party.client.send('nobody', 1, settle);
    party.client.send('lab', 'x'.repeat(70_000), settle);
    party.line.carry();
    expect(outcomes).toEqual([
      { code: CODES.too_large, delivered: 0 },
      { code: CODES.ok, delivered: 2 },
      { code: CODES.no_recipient, delivered: 0 },
    ]);
  });

  it('without receipts is reported by its Ack, or by an Error about its number', () => {
    const house = buildFrameHouse();
    join(house.hub, 'anna', ['lab']);
    const party = openClient(house, { capabilities: 0 });
    const outcomes: Outcome[] = [];
    party.client.send('lab', 1, (outcome) => outcomes.push(outcome));
    party.client.send('nobody', 1, (outcome) => outcomes.push(outcome));
    elapse(house, party, 100);
    expect(outcomes).toEqual([
      { code: CODES.ok, delivered: undefined },
      { code: CODES.no_recipient, delivered: 0 },
    ]);
  });

  it('is bounded in bytes while there is no link', () => {
    const house = buildFrameHouse();
    const { client } = buildClient(house, { maxQueueBytes: 1000 });
    const codes: number[] = [];
    let accepted = 0;
    while (client.send('lab', 'x'.repeat(100), ({ code }) => codes.push(code))) accepted++;
    expect(accepted).toBe(5);
    expect(codes).toEqual([CODES.queue_full]);
  });

  it('waits while the link has no room, and goes when it has', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    party.line.full = true;
    for (let number = 1; number <= 3; number++) party.client.send('lab', `${number}`);
    party.line.full = false;
    party.client.pump();
    party.line.carry();
    expect(bodies(anna)).toEqual(['1', '2', '3']);
  });

  it('never has more under way than the gateway takes', () => {
    const limits = { maxFrame: 256, window: 256, maxAliases: 8, maxKeys: 8 };
    const house = buildFrameHouse({ limits });
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    for (let number = 0; number < 50; number++) party.client.send('lab', `${number}`.padEnd(20));
    expect(party.line.up.reduce((bytes, frame) => bytes + frame.length, 0)).toBeLessThanOrEqual(256);
    elapse(house, party, 500);
    expect(anna.received).toHaveLength(50);
  });

  it('with a name of a gateway that takes less than before is given up where it is too large', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    const outcomes: Outcome[] = [];
    party.line.full = true;
    party.client.send('lab', 'x'.repeat(500), (outcome) => outcomes.push(outcome));
    party.client.send('lab', 'small', (outcome) => outcomes.push(outcome));
    const small = buildFrameHouse({ limits: { maxFrame: 256, window: 512, maxAliases: 8, maxKeys: 8 } });
    const anna = join(small.hub, 'anna', ['lab']);
    party.reconnect(small.devices);
    expect(outcomes).toEqual([
      { code: CODES.too_large, delivered: 0 },
      { code: CODES.ok, delivered: 1 },
    ]);
    expect(bodies(anna)).toEqual(['small']);
  });

  it('as JSON is a json for others, and what others send as JSON is one here', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house, { capabilities: CAPABILITIES.kinds });
    party.client.send('lab', { a: 1 }, undefined, MESSAGE_KINDS.json);
    party.client.send('lab', { a: 1 });
    party.line.carry();
    expect(anna.received.map(({ kind, body }) => [kind, body])).toEqual([
      ['json', '{"a":1}'],
      ['dict', '{"a":1}'],
    ]);
    for (const [kind, body] of [
      ['json', '{"a":1}'],
      ['dict', '{"a":1}'],
      ['json', '"on"'],
      ['json', 'no JSON'],
      ['json', '[1]'],
    ] as const) {
      house.hub.send(new Message({ from: 'anna', to: 'uno-1', kind, body, timestampMs: 0 }));
    }
    party.line.carry();
    expect(party.messages.map(({ kind }) => kind)).toEqual([1, 0, 1, 0, 0]);
  });

  it('is told no kind that it did not ask for', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    house.hub.send(new Message({ from: 'anna', to: 'uno-1', kind: 'json', body: '{"a":1}', timestampMs: 0 }));
    party.line.carry();
    expect(party.messages).toMatchObject([{ kind: 0, value: new Map([['a', 1]]) }]);
  });

  it('at most once goes only now', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    expect(party.client.sendAtMostOnce('lab', 'now')).toBe(true);
    party.line.carry();
    party.line.cut();
    expect(party.client.sendAtMostOnce('lab', 'later')).toBe(false);
    party.reconnect();
    elapse(house, party, 1000);
    expect(bodies(anna)).toEqual(['now']);
  });

  it('to the log is seen by nobody but the gateway', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    expect(party.client.log(1, 'started')).toBe(true);
    party.line.carry();
    expect(house.devices.log('uno-1')?.lines()).toMatchObject([{ text: 'started' }]);
  });

  it('gets a new boot id where the gateway knows the numbers of its own from another', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const first = openClient(house, { bootId: 5 });
    first.client.send('lab', 'first');
    elapse(house, first, 100);
    first.client.stop();
    first.line.carry();
    const second = openClient(house, { bootId: 5 });
    second.client.send('lab', 'second');
    elapse(house, second, 1000);
    expect(second.client.bootId).not.toBe(5);
    expect(bodies(anna)).toEqual(['first', 'second']);
  });
});

describe('the names of a FrameClient', () => {
  it('are numbers on the wire, and names for its owner', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab/room1']);
    const party = openClient(house);
    party.client.subscribe('lab/room1');
    party.client.addKeys(['temperature', 'humidity']);
    elapse(house, party, 100);
    party.client.send('lab/room1', { temperature: 21.5, humidity: 43, list: [{ temperature: 1 }] });
    const [frame] = party.line.up;
    expect(frame?.length).toBeLessThan(30);
    party.line.carry();
    expect(bodies(anna)).toEqual(['{"temperature":21.5,"humidity":43,"list":[{"temperature":1}]}']);
    send(house.hub, 'anna', 'lab/room1', '{"humidity":44,"other":1}');
    expect(party.line.down[0]?.length).toBeLessThan(30);
    party.line.carry();
    expect(texts(party.messages)).toEqual(['anna lab/room1 {"humidity":44,"other":1}']);
  });

  it('that are refused tell so, and messages go on by the name in full', () => {
    const house = buildFrameHouse({ limits: { maxFrame: 256, window: 512, maxAliases: 1, maxKeys: 1 } });
    const anna = join(house.hub, 'anna', ['b']);
    const party = openClient(house);
    const codes: number[] = [];
    party.line.full = true;
    party.client.subscribe('a', (code) => codes.push(code));
    party.client.subscribe('b', (code) => codes.push(code));
    party.client.addKeys(['one', 'two', 'three']);
    party.client.send('b', { one: 1, three: 3 });
    party.line.full = false;
    party.client.pump();
    elapse(house, party, 1000);
    expect(codes.sort()).toEqual([CODES.ok, CODES.too_many]);
    expect(bodies(anna)).toEqual(['{"one":1,"three":3}']);
    expect(party.client.pending).toBe(0);
  });

  it('end with a subscription, and messages that wait still arrive', () => {
    const house = buildFrameHouse();
    const anna = join(house.hub, 'anna', ['lab']);
    const party = openClient(house);
    party.client.subscribe('lab');
    party.line.carry();
    party.line.full = true;
    party.client.send('lab', 'after');
    party.line.full = false;
    expect(party.client.unsubscribe('lab')).toBe(true);
    party.line.carry();
    send(house.hub, 'anna', 'lab', 'not heard');
    party.line.carry();
    expect(bodies(anna)).toEqual(['after']);
    expect(party.messages).toEqual([]);
    expect(party.client.unsubscribe('lab')).toBe(false);
  });

  it('are taken anew: an alias that sends begins to subscribe', () => {
    const house = buildFrameHouse();
    const party = openClient(house);
    party.client.alias('lab');
    party.line.carry();
    send(house.hub, 'anna', 'lab', 'not yet');
    party.client.subscribe('lab');
    party.line.carry();
    send(house.hub, 'anna', 'lab', 'now');
    party.line.carry();
    expect(texts(party.messages)).toEqual(['anna lab "now"']);
  });
});

describe('calls of a FrameClient', () => {
  it('are answered by another', () => {
    const house = buildFrameHouse();
    const calls: IncomingCall[] = [];
    const oracle = openClient(house, { deviceId: 'oracle' }, { call: (call) => calls.push(call) });
    const party = openClient(house);
    const results: unknown[] = [];
    party.client.call('oracle', 'add', { a: 1, b: 2 }, (result) => results.push(result));
    party.line.carry();
    oracle.line.carry();
    expect(calls).toMatchObject([
      {
        function: 'add',
        args: new Map([
          ['a', 1],
          ['b', 2],
        ]),
        channel: null,
        from: 'uno-1',
      },
    ]);
    calls[0]?.reply(new Map([['sum', 3]]));
    calls[0]?.reply(new Map([['sum', 4]]));
    oracle.line.carry();
    party.line.carry();
    expect(results).toEqual([{ code: CODES.ok, value: new Map([['sum', 3]]), text: '' }]);
  });

  it('fail with the code of who answers, no_function where it offers none, and no_recipient where nobody is there', () => {
    const house = buildFrameHouse();
    const failing = openClient(house, { deviceId: 'failing' }, { call: (call) => call.fail(CODES.call_failed, 'no') });
    const bare = openClient(house, { deviceId: 'bare' });
    const party = openClient(house);
    const codes: unknown[] = [];
    for (const name of ['failing', 'bare', 'nobody']) {
      party.client.call(name, 'f', {}, ({ code, text }) => codes.push([name, code, text]));
    }
    for (const { line } of [party, failing, bare, party]) line.carry();
    expect(codes).toEqual([
      ['nobody', CODES.no_recipient, ''],
      ['failing', CODES.call_failed, 'no'],
      ['bare', CODES.no_function, ''],
    ]);
  });

  it('that time out while there is no link are not made later', () => {
    const house = buildFrameHouse();
    const oracle = join(house.hub, 'oracle');
    const party = openClient(house);
    party.line.cut();
    const codes: number[] = [];
    party.client.call('oracle', 'f', {}, ({ code }) => codes.push(code), 1000);
    house.clock.advance(1000);
    expect(codes).toEqual([CODES.timeout]);
    party.reconnect();
    party.client.send('oracle', 'hello');
    elapse(house, party, 100);
    expect(bodies(oracle)).toEqual(['hello']);
  });

  it('list the clients, online or all, in as many frames as it takes', () => {
    const house = buildFrameHouse();
    const ids = Array.from({ length: 20 }, (_, index) => `client-${index}`);
    for (const id of ids) join(house.hub, id);
    const gone = join(house.hub, 'gone', ['lab'], 'crosscomm');
    house.hub.leave(gone, 'closed');
    const party = openClient(house, { maxFrame: 64, window: 64 });
    const lists: { id: string; online: boolean }[][] = [];
    party.client.listClients(({ clients }) => lists.push(clients));
    party.client.listClients(({ clients }) => lists.push(clients), false);
    elapse(house, party, 1000);
    const [online, all] = lists.map((clients) => clients.map(({ id }) => id).sort());
    expect(online).toEqual([...ids, 'uno-1'].sort());
    expect(all).toEqual([...ids, 'uno-1', 'gone'].sort());
  });
});
