import { secretPassword } from '@crosscomm/testing/secrets';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connect } from './parties.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('a TCP client', () => {
  it('is welcomed in the words of its type', () => {
    const house = buildHouse();
    const words = ['alice(JSON)', 'bob;', 'carol', 'dev_##(JSON)'].map((line) => {
      const { session, wire } = connect(house);
      session.receive(line);
      return wire.take();
    });
    expect(words.slice(0, 3)).toEqual([[`{'message' : "welcome alice"}\n`], ['welcome bob;\n'], ['welcome carol\n']]);
    expect(words[3]?.[0]).toMatch(/^\{'message' : "welcome dev_\d\d"\}\n$/);
    expect(house.hub.onlineCount).toBe(4);
    expect(house.hub.session('alice')?.protocol).toBe('oocsi');
  });

  it.each([
    ['alice(JSON)', '_RETAIN', 'error (no room to keep the message to news, which was not sent)\n'],
    ['alice(JSON)', '_DELAY', 'error (no room to keep the message to news, which was not sent)\n'],
    ['alice;', '_DELAY', 'error (no room to keep the message to news, which was not sent);\n'],
  ])('%s is told where there is no room for a message with %s', (hello, field, line) => {
    const house = buildHouse({ maxRetained: 0, maxScheduled: 0 });
    const { session, wire } = connect(house, hello);
    session.receive(`sendraw news {"${field}": 10, "n": 1}`);
    expect(wire.take()).toEqual([line]);
    expect(house.incidents.counts()).toEqual({ 'oocsi MESSAGES_FULL': 1 });
  });

  it.each([
    ['alice(JSON)', 'error (no channel can have this name, so the message was not sent)\n'],
    ['alice;', 'error (no channel can have this name, so the message was not sent);\n'],
  ])('%s is told where no channel can have the name that it sends to', (hello, line) => {
    const house = buildHouse();
    const { session, wire } = connect(house, hello);
    session.receive('sendraw a\u0007b {"n": 1}');
    session.receive('subscribe a\u0007b');
    expect(wire.take()).toEqual([line]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_BAD_NAME': 2 });
  });

  it.each([
    ['al ice(JSON)', ['error (name cannot contain spaces: al ice)\n']],
    ['al ice;', ['error (name cannot contain spaces: al ice);\n']],
    ['ålice', ['error (name can only contain printable ASCII characters)\n']],
    ['a'.repeat(201), ['error (name longer than 200 characters)\n']],
    ['', ['error (name is empty)\n']],
    ['SSH-2.0-OpenSSH_9.2', []],
    ['server(JSON)', ['error (name already registered: server)\n']],
  ])('that says %j is refused and its connection closed', (line, answer) => {
    const house = buildHouse();
    const { session, wire } = connect(house);
    session.receive(line);
    expect(wire.take()).toEqual(answer);
    expect(wire.ended).toBeDefined();
    session.receive('sendraw ch hello');
    session.receive('clients');
    expect(wire.take()).toEqual([]);
    expect(house.hub.onlineCount).toBe(0);
    expect(house.hub.counters.messages).toBe(0);
  });

  it('with a private handle needs the password that was configured for it', () => {
    const password = secretPassword();
    const house = buildHouse({ users: new Map([['alice', password]]) });
    const words = ['alice:wrong(JSON)', 'alice(JSON)', 'bob:any(JSON)', `alice:${password}(JSON)`].map((line) => {
      const { session, wire } = connect(house);
      session.receive(line);
      return [...wire.take(), wire.ended !== undefined];
    });
    expect(words).toEqual([
      ['error (password wrong for name: alice)\n', true],
      ['error (password wrong for name: alice)\n', true],
      ['error (password wrong for name: bob)\n', true],
      [`{'message' : "welcome alice:${password}"}\n`, false],
    ]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_NOT_ALLOWED': 3 });
  });

  it('is refused a name that a client of another protocol has', () => {
    const house = buildHouse();
    house.hub.join(new MemorySession('lamp', 'mqtt'));
    const { session, wire } = connect(house);
    session.receive('lamp(JSON)');
    expect(wire.take()).toEqual(['error (name already registered: lamp)\n']);
    expect(wire.ended).toBeDefined();
    expect(house.hub.session('lamp')?.protocol).toBe('mqtt');
  });

  it('receives what others send to its channels, each type in its own form', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)', 'subscribe ch');
    const receivers = ['bob(JSON)', 'pd;', 'old'].map((handle) => connect(house, handle, 'subscribe ch'));
    alice.session.receive('sendraw ch {"b": 1.0, "a": [1, 2]}\r');
    expect(alice.wire.take()).toEqual([]);
    expect(receivers[0]?.wire.take()).toEqual([
      `{"a":[1, 2],"b":1.0,"recipient":"ch","timestamp":${NOW},"sender":"alice"}\n`,
    ]);
    expect(receivers[1]?.wire.take()).toEqual([`ch timestamp=${NOW} sender=alice a=1,2 b=1.0 ;\n`]);
    expect(receivers[2]?.wire.take()[0]).toMatch(new RegExp(`^send ch \\S+ ${NOW} alice\\n$`));
  });

  it('sends text as data, and an object that cannot be read as an empty one', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    const bob = connect(house, 'bob(JSON)', 'subscribe ch');
    const tail = `"recipient":"ch","timestamp":${NOW},"sender":"alice"}\n`;
    for (const line of [
      'sendraw ch hello "you"',
      'sendraw ch [1]',
      'sendraw ch {"a":NaN}',
      'sendraw ch {a',
      'send ch text',
      'send ch {"a":1}',
    ]) {
      alice.session.receive(line);
    }
    expect(bob.wire.take()).toEqual([
      `{"data":"hello \\"you\\"",${tail}`,
      `{"data":"[1]",${tail}`,
      `{${tail}`,
      `{${tail}`,
      `{${tail}`,
      `{"a":1,${tail}`,
    ]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_MALFORMED': 3 });
  });

  it('has every number literal and every string passed on unchanged', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    const bob = connect(house, 'bob(JSON)', 'subscribe ch');
    const body = '{"a":1,"b":1.0,"c":1e2,"d":9223372036854775807,"e":"\\ud800\\u00e9é","f":{"__proto__":[-0.0]}}';
    alice.session.receive(`sendraw ch ${body}`);
    expect(bob.wire.take()).toEqual([`${body.slice(0, -1)},"recipient":"ch","timestamp":${NOW},"sender":"alice"}\n`]);
    alice.session.receive('sendraw ch {"__proto__":1,"a":1,"a":2}');
    expect(bob.wire.take()).toEqual([`{"__proto__":1,"a":2,"recipient":"ch","timestamp":${NOW},"sender":"alice"}\n`]);
  });

  it('loses none of a burst of 2,000 messages', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    const bob = connect(house, 'bob(JSON)', 'subscribe ch');
    for (let n = 0; n < 2000; n++) alice.session.receive(`sendraw ch {"n":${n}}`);
    const numbers = bob.wire.take().map((line) => (JSON.parse(line) as { n: number }).n);
    expect(numbers).toEqual(Array.from({ length: 2000 }, (_, n) => n));
  });

  it('receives what is sent to its name, also by itself, once even if it subscribed to it', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)', 'subscribe alice');
    const bob = connect(house, 'bob(JSON)');
    bob.session.receive('sendraw alice {"a":1}');
    alice.session.receive('sendraw alice {"a":2}');
    alice.session.receive('sendraw nobody {"a":3}');
    expect(alice.wire.take()).toEqual([
      `{"a":1,"recipient":"alice","timestamp":${NOW},"sender":"bob"}\n`,
      `{"a":2,"recipient":"alice","timestamp":${NOW},"sender":"alice"}\n`,
    ]);
  });

  it('reaches a private channel only with its password', () => {
    const house = buildHouse();
    const bob = connect(house, 'bob(JSON)', 'subscribe ch:secret');
    const eve = connect(house, 'eve(JSON)', 'subscribe ch:guess', 'subscribe ch');
    const alice = connect(house, 'alice(JSON)');
    for (const line of ['sendraw ch x', 'sendraw ch:guess x', 'sendraw ch:secret hello']) alice.session.receive(line);
    expect(bob.wire.take()).toEqual([`{"data":"hello","recipient":"ch:secret","timestamp":${NOW},"sender":"alice"}\n`]);
    expect(eve.wire.take()).toEqual([]);
    alice.session.receive('channels');
    expect(alice.wire.take()).toEqual(['bob, eve, alice\n']);
  });

  it('no longer receives from a channel that it unsubscribed', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    const bob = connect(house, 'bob(JSON)', 'subscribe ch', 'unsubscribe ch');
    alice.session.receive('sendraw ch {}');
    expect(bob.wire.take()).toEqual([]);
  });

  it('is told the public channels and the clients, hidden names left out', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)', 'subscribe ch', 'subscribe b#1', 'subscribe c:secret');
    const bob = connect(house, 'bob+(JSON)', 'subscribe ch', 'subscribe alice');
    const pd = connect(house, 'pd;');
    for (const { session } of [alice, pd]) {
      for (const line of [
        'channels',
        'channels ch',
        'channels c',
        'channels nowhere',
        'clients',
        'ping',
        '.',
        'hello?',
      ])
        session.receive(line);
    }
    expect(alice.wire.take()).toEqual(['alice, ch, pd\n', 'alice, bob+\n', 'alice,bob+,pd\n', '.\n']);
    expect(pd.wire.take()).toEqual(['alice, ch, pd;\n', 'alice, bob+;\n', 'alice,bob+,pd;\n', '.;\n']);
    expect(bob.wire.take()).toEqual([]);
  });

  it('may be a Pure Data client, with apostrophes for commas', () => {
    const house = buildHouse();
    const bob = connect(house, 'bob(JSON)', 'subscribe ch');
    const pd = connect(house, 'pd;');
    pd.session.receive('sendraw ch {"a":1\'"b":2};');
    expect(bob.wire.take()).toEqual([`{"a":1,"b":2,"recipient":"ch","timestamp":${NOW},"sender":"pd"}\n`]);
  });

  it('keeps a message for later subscribers, and sends one later', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)', 'sendraw ch {"_RETAIN":60,"a":1}', 'sendraw ch {"_DELAY":"5","a":2}');
    const bob = connect(house, 'bob(JSON)');
    bob.session.receive('subscribe ch');
    bob.session.receive('subscribe ch');
    expect(bob.wire.take()).toEqual([`{"_RETAIN":60,"a":1,"recipient":"ch","timestamp":${NOW},"sender":"alice"}\n`]);
    alice.session.receive('subscribe ch');
    expect(alice.wire.take()).toHaveLength(1);
    house.clock.advance(4999);
    expect(bob.wire.take()).toEqual([]);
    house.clock.advance(1);
    expect(bob.wire.take()).toEqual([
      `{"_DELAY":"5","a":2,"recipient":"ch","timestamp":${NOW + 5000},"sender":"alice"}\n`,
    ]);
  });

  it('that quits is told bye, and its subscriptions do not wait for it', () => {
    const house = buildHouse();
    const { session, wire } = connect(house, 'alice(JSON)', 'subscribe ch');
    const left: string[] = [];
    house.hub.events.on('leave', (id, _protocol, reason) => left.push(`${id} ${reason}`));
    session.receive('quit');
    session.receive('sendraw ch x');
    session.disconnected();
    expect(wire.take()).toEqual(['bye\n']);
    expect(wire.ended).toBeDefined();
    expect(left).toEqual(['alice left']);
    expect(house.hub.counters.messages).toBe(0);
    connect(house, 'alice(JSON)');
    expect(house.hub.members('ch')).toEqual([]);
  });

  it('that comes back soon has its subscriptions again', () => {
    const house = buildHouse();
    const first = connect(house, 'alice(JSON)', 'subscribe ch');
    first.session.disconnected();
    expect(house.hub.members('ch')).toEqual([]);
    connect(house, 'alice(JSON)');
    expect(house.hub.members('ch')).toEqual(['alice']);
  });

  it('is welcomed before anything else is said to it', () => {
    const house = buildHouse();
    connect(house, 'alice(JSON)', 'subscribe news').session.disconnected();
    const teller = new MemorySession('teller', 'gateway');
    house.hub.join(teller);
    const bob = connect(house, 'bob(JSON)');
    house.hub.events.on('subscribe', () => bob.session.receive('sendraw news {"n":1}'));
    const { session, wire } = connect(house);
    session.receive('alice(JSON)');
    expect(wire.take()).toEqual([
      `{'message' : "welcome alice"}\n`,
      `{"n":1,"recipient":"news","timestamp":${NOW},"sender":"bob"}\n`,
    ]);
  });

  it('is told of a line that was too long, and goes on', () => {
    const house = buildHouse();
    const { session, wire } = connect(house, 'alice(JSON)');
    session.receiveTooLong(4096);
    session.receive('ping');
    expect(wire.take()).toEqual(['error (line too long: at most 4096 bytes)\n', '.\n']);
    expect(wire.ended).toBeUndefined();
    const garbage = connect(house);
    garbage.session.receiveTooLong(4096);
    expect(garbage.wire.take()).toEqual(['error (name longer than 200 characters)\n']);
    expect(garbage.wire.ended).toBeDefined();
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_LINE_TOO_LONG': 2 });
  });

  it('that does not read has messages left out, which the sender learns, and nothing cut', () => {
    const house = buildHouse();
    const alice = new MemorySession('alice');
    house.hub.join(alice);
    const bob = connect(house, 'bob(JSON)', 'subscribe ch');
    bob.wire.full = true;
    connect(house, 'carol(JSON)').session.receive('sendraw ch x');
    expect(house.hub.counters.refusals.queue_full).toBe(1);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_TOO_SLOW': 1 });
    bob.wire.full = false;
    expect(bob.wire.take()).toEqual([]);
  });

  it('is told bye when the gateway stops', () => {
    const house = buildHouse();
    const { wire } = connect(house, 'alice(JSON)');
    house.hub.stop();
    expect(wire.take()).toEqual(['bye\n']);
    expect(wire.ended).toEqual({ code: 1001, reason: 'shutdown' });
  });

  it('may neither send nor subscribe where the policy forbids it', () => {
    const house = buildHouse();
    house.access.maySend = (_, to) => to !== 'secret';
    house.access.maySubscribe = (_, to) => to !== 'secret';
    const bob = connect(house, 'bob(JSON)', 'subscribe secret', 'subscribe secret[filter(a > 1)]', 'sendraw secret x');
    expect(house.hub.members('secret')).toEqual([]);
    expect(house.hub.counters.messages).toBe(0);
    expect(bob.wire.take()).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_NOT_ALLOWED': 3 });
  });

  it('is told nothing of a subscription that cannot be, which is counted', () => {
    const house = buildHouse({ maxSubscriptions: 1 });
    const { wire } = connect(house, 'alice(JSON)', 'subscribe ch[filter(a', 'subscribe a', 'subscribe b');
    expect(wire.take()).toEqual([]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_BAD_NAME': 1, 'oocsi PEER_TOO_MANY': 1 });
  });

  it('may say anything at all without breaking the gateway or another client', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .tuple(fc.constantFrom('sendraw ', 'send ', 'subscribe ', 'unsubscribe ', 'channels ', ''), fc.string())
        .map((parts) => parts.join('')),
      fc.tuple(fc.constantFrom('sendraw bob ', 'sendraw ch '), fc.json()).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.constantFrom('eve(JSON)', 'eve;', 'eve'), fc.array(line), (handle, lines) => {
        const house = buildHouse();
        const bob = connect(house, 'bob(JSON)', 'subscribe ch');
        const eve = connect(house, handle, ...lines.filter((text) => !text.includes('quit')));
        for (const text of bob.wire.take()) {
          expect(text.indexOf('\n')).toBe(text.length - 1);
          expect(JSON.parse(text)).toMatchObject({ sender: 'eve' });
        }
        eve.session.receive('ping');
        expect(eve.wire.take()).toEqual([handle === 'eve;' ? '.;\n' : '.\n']);
      }),
    );
  });
});
