import { CODES, decodeFrame, encodeFrame, type FrameClientError, type Outcome, TIMES } from '@crosscomm/protocol';
import { secretPassword } from '@crosscomm/testing/secrets';
import { bodies, join, send } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildClient, buildFrameHouse, elapse, Line, openClient, scripted, texts } from './support.ts';

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
    const password = secretPassword();
    const house = buildFrameHouse({}, { users: new Map([['uno-1', password]]) });
    expect(openClient(house, { password: 'wrong' }).client.state).toBe('greeting');
    expect(openClient(house, { user: 'uno-1', password }).client.state).toBe('online');
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
