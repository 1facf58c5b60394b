import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { compileFunctions } from '../../src/hub/functional/compile.ts';

describe('a message', () => {
  it('goes to the client of that name alone', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob');
    const eavesdropper = join(hub, 'eve', ['bob']);
    expect(send(hub, 'alice', 'bob', 'hi')).toEqual({ delivered: 1, refused: 0, reason: undefined });
    expect(bodies(bob)).toEqual(['hi']);
    expect(bodies(eavesdropper)).toEqual([]);
  });

  it('goes to the subscribers of the channel of that name when no such client is online', () => {
    const { hub } = buildHouse();
    const [bob, carol, dave] = [join(hub, 'bob', ['news']), join(hub, 'carol', ['news']), join(hub, 'dave')];
    expect(send(hub, 'alice', 'news', 'hi').delivered).toBe(2);
    expect([bob, carol, dave].map(bodies)).toEqual([['hi'], ['hi'], []]);
  });

  it('is the same object for every recipient, so that it is encoded once', () => {
    const { hub } = buildHouse();
    const [bob, carol] = [join(hub, 'bob', ['news']), join(hub, 'carol', ['news'])];
    send(hub, 'alice', 'news', 'hi');
    expect(bob.received[0]).toBe(carol.received[0]);
  });

  it('does not come back to its sender from a channel', () => {
    const { hub } = buildHouse();
    const alice = join(hub, 'alice', ['news']);
    expect(send(hub, 'alice', 'news', 'hi').reason).toBe('no_recipient');
    expect(bodies(alice)).toEqual([]);
  });

  it('to its own sender comes back, and goes to those who subscribed to the name', () => {
    const { hub } = buildHouse();
    const alice = join(hub, 'alice');
    const fan = join(hub, 'fan', ['alice']);
    expect(send(hub, 'alice', 'alice', 'me').delivered).toBe(2);
    expect([alice, fan].map(bodies)).toEqual([['me'], ['me']]);
    send(hub, 'alice', 'alice', 'quiet', { echo: false });
    expect([alice, fan].map(bodies)).toEqual([[], ['quiet']]);
  });

  it('to nobody is counted, and the receipt says so', () => {
    const { hub } = buildHouse();
    expect(send(hub, 'alice', 'nobody', 'hi')).toEqual({ delivered: 0, refused: 0, reason: 'no_recipient' });
    expect(hub.counters).toMatchObject({ messages: 1, deliveries: 0, refusals: { no_recipient: 1 } });
  });

  it.each(['queue_full', 'too_large', 'closed'] as const)(
    'that a recipient answers with %s is in the receipt',
    (why) => {
      const { hub } = buildHouse();
      const [bob, carol] = [join(hub, 'bob', ['news']), join(hub, 'carol', ['news'])];
      bob.answer = why;
      expect(send(hub, 'alice', 'news', 'hi')).toEqual({ delivered: 1, refused: 1, reason: why });
      expect(bodies(carol)).toEqual(['hi']);
      expect(hub.counters.refusals[why]).toBe(1);
    },
  );

  it('is shown to the observer with its receipt', () => {
    const { hub } = buildHouse();
    const seen: unknown[] = [];
    const stop = hub.observe((message, receipt) => seen.push([message.to, receipt.reason]));
    send(hub, 'alice', 'nobody', 'hi');
    stop();
    send(hub, 'alice', 'nobody', 'hi');
    expect(seen).toEqual([['nobody', 'no_recipient']]);
  });
});

describe('a channel', () => {
  it('exists from its first subscriber until its last leaves', () => {
    const { hub } = buildHouse();
    const log: string[] = [];
    hub.events.on('created', (channel) => log.push(`created ${channel}`));
    hub.events.on('closed', (channel) => log.push(`closed ${channel}`));
    const [bob, carol] = [join(hub, 'bob', ['news']), join(hub, 'carol', ['news'])];
    expect(hub.channels()).toEqual(['news']);
    expect(hub.members('news')).toEqual(['bob', 'carol']);
    hub.unsubscribe(bob, 'news');
    hub.leave(carol, 'closed');
    expect(hub.channels()).toEqual([]);
    expect(log).toEqual(['created news', 'closed news']);
  });

  it('has each client once', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', ['news']);
    expect(hub.subscribe(bob, 'news')).toBe('already');
    expect(send(hub, 'alice', 'news', 'hi').delivered).toBe(1);
    expect(hub.unsubscribe(bob, 'news')).toBe(true);
    expect(hub.unsubscribe(bob, 'news')).toBe(false);
    expect(send(hub, 'alice', 'news', 'hi').delivered).toBe(0);
  });

  it('takes no session that has not joined', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob');
    hub.leave(bob, 'left');
    expect(hub.subscribe(bob, 'news')).toBe('not_joined');
    expect(hub.unsubscribe(bob, 'news')).toBe(false);
  });

  it.each(['', '[filter(1)]', ':secret', 'open[filter(1)', 'x'.repeat(2000)])('named %j is malformed', (address) => {
    const { hub } = buildHouse();
    expect(hub.subscribe(join(hub, 'bob'), address)).toBe('malformed');
    expect(hub.channels()).toEqual([]);
  });

  it('is refused to a client that has too many', () => {
    const { hub } = buildHouse({ maxSubscriptions: 2 });
    const bob = join(hub, 'bob', ['a', 'b']);
    expect(hub.subscribe(bob, 'c')).toBe('too_many');
    hub.unsubscribe(bob, 'a');
    expect(hub.subscribe(bob, 'c')).toBe('subscribed');
  });

  it('with wildcards gets every channel that matches, with the name it was sent to', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', ['home/+/temperature']);
    send(hub, 'alice', 'home/kitchen/temperature', '21');
    send(hub, 'alice', 'home/kitchen/door', 'open');
    expect(bob.received.map((message) => message.to)).toEqual(['home/kitchen/temperature']);
    expect(hub.channels()).toEqual([]);
    hub.unsubscribe(bob, 'home/+/temperature');
    expect(send(hub, 'alice', 'home/kitchen/temperature', '22').reason).toBe('no_recipient');
  });
});

describe('a private channel', () => {
  it('has the password of its first subscriber, and takes no other', () => {
    const { hub } = buildHouse();
    join(hub, 'bob', ['lab:secret']);
    const eve = join(hub, 'eve');
    expect(hub.subscribe(eve, 'lab')).toBe('wrong_password');
    expect(hub.subscribe(eve, 'lab:guess')).toBe('wrong_password');
    expect(hub.subscribe(eve, 'lab:secret')).toBe('subscribed');
  });

  it('is reached only by who knows the password', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', ['lab:secret']);
    expect(send(hub, 'alice', 'lab', 'no').reason).toBe('not_allowed');
    expect(send(hub, 'alice', 'lab:guess', 'no').reason).toBe('not_allowed');
    expect(send(hub, 'alice', 'lab:secret', 'yes').delivered).toBe(1);
    expect(bodies(bob)).toEqual(['yes']);
  });

  it('is in no list and in no pattern', () => {
    const { hub } = buildHouse();
    join(hub, 'bob', ['lab:secret']);
    const eve = join(hub, 'eve', ['#']);
    send(hub, 'alice', 'lab:secret', 'psst');
    expect(hub.channels()).toEqual([]);
    expect(hub.isPrivate('lab')).toBe(true);
    expect(bodies(eve)).toEqual([]);
  });

  it("cannot be made of a name that is the gateway's own", () => {
    const { hub } = buildHouse();
    const greedy = new MemorySession('greedy');
    hub.join(greedy);
    expect(hub.subscribe(greedy, 'all:mine')).toBe('wrong_password');
    expect(hub.subscribe(greedy, 'all')).toBe('subscribed');
  });

  it('is open again when its last subscriber has left', () => {
    const { hub } = buildHouse();
    const bob = join(hub, 'bob', ['lab:secret']);
    hub.unsubscribe(bob, 'lab:secret');
    expect(hub.subscribe(join(hub, 'eve'), 'lab')).toBe('subscribed');
  });
});

describe('a functional channel', () => {
  it('filters and transforms for its subscriber alone', () => {
    const { hub } = buildHouse({ compile: compileFunctions });
    const address = 'weather[filter(t > 20);transform(f,t*2)]';
    const [bob, carol] = [join(hub, 'bob', [address]), join(hub, 'carol', ['weather'])];
    expect(send(hub, 'alice', 'weather', '{"t":21}').delivered).toBe(2);
    expect(send(hub, 'alice', 'weather', '{"t":19}').delivered).toBe(1);
    expect(bob.received.map(({ to, body }) => [to, body])).toEqual([[address, '{"t":21,"f":42.0}']]);
    expect(bodies(carol)).toEqual(['{"t":21}', '{"t":19}']);
  });

  it('gives each subscriber a window of its own', () => {
    const { hub } = buildHouse({ compile: compileFunctions });
    const address = 'weather[transform(s,sum(t,9))]';
    const bob = join(hub, 'bob', [address]);
    send(hub, 'alice', 'weather', '{"t":1}');
    const carol = join(hub, 'carol', [address]);
    send(hub, 'alice', 'weather', '{"t":1}');
    expect(bodies(bob)).toEqual(['{"t":1,"s":1.0}', '{"t":1,"s":2.0}']);
    expect(bodies(carol)).toEqual(['{"t":1,"s":1.0}']);
  });

  it('may be private, and is left by its name', () => {
    const { hub } = buildHouse({ compile: compileFunctions });
    const bob = join(hub, 'bob', ['lab:secret[filter(t > 0)]']);
    expect(send(hub, 'alice', 'lab:secret', '{"t":1}').delivered).toBe(1);
    expect(hub.unsubscribe(bob, 'lab')).toBe(true);
  });

  it('is refused where it is malformed, and leaves no channel behind', () => {
    const { hub } = buildHouse({ compile: compileFunctions });
    const bob = join(hub, 'bob');
    expect(hub.subscribe(bob, 'weather[filter(a >)]')).toBe('malformed');
    expect(hub.channels()).toEqual([]);
  });

  it('filters the retained message too', () => {
    const { hub } = buildHouse({ compile: compileFunctions });
    send(hub, 'alice', 'weather', '{"t":5}', { retainMs: 1000 });
    const [cold, hot] = [join(hub, 'bob', ['weather[filter(t<9)]']), join(hub, 'carol', ['weather[filter(t>9)]'])];
    expect([cold, hot].map(bodies)).toEqual([['{"t":5}'], []]);
  });
});
