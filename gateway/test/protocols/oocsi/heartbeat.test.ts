import { buildHouse } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { connect, connectWeb, pass } from './parties.ts';

describe('a silent client', () => {
  it('is pinged after 5 s, and again every 5 s', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    const pd = connect(house, 'pd;');
    pass(house, 4, alice, pd);
    expect(alice.wire.take()).toEqual([]);
    pass(house, 1, alice, pd);
    expect([alice.wire.take(), pd.wire.take()]).toEqual([['ping\n'], ['ping;\n']]);
    pass(house, 10, alice, pd);
    expect(alice.wire.take()).toEqual(['ping\n', 'ping\n']);
  });

  it('is not pinged while it says something or is sent something', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    const bob = connect(house, 'bob(JSON)', 'subscribe ch');
    for (let count = 0; count < 5; count++) {
      pass(house, 3, alice, bob);
      alice.session.receive('sendraw ch {}');
    }
    expect(alice.wire.take()).toEqual([]);
    expect(bob.wire.take()).toHaveLength(5);
    pass(house, 5, alice, bob);
    expect([alice.wire.take(), bob.wire.take()]).toEqual([['ping\n'], ['ping\n']]);
  });

  it('on a WebSocket is pinged even while it is sent something', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    const bob = connectWeb(house, 'bob');
    pass(house, 3, bob);
    alice.session.receive('sendraw bob {}');
    bob.wire.take();
    pass(house, 2, bob);
    expect(bob.wire.take()).toEqual(['ping']);
  });

  it('is removed after 120 s without a word, whatever is sent to it, and its subscriptions wait', () => {
    const house = buildHouse();
    const reasons: string[] = [];
    house.hub.events.on('leave', (id, _protocol, reason) => reasons.push(`${id} ${reason}`));
    const alice = connect(house, 'alice(JSON)', 'subscribe ch');
    const bob = connect(house, 'bob(JSON)');
    for (let second = 0; second < 120; second++) {
      pass(house, 1, alice, bob);
      bob.session.receive('sendraw ch {}');
    }
    expect(house.hub.session('alice')).toBe(alice.session);
    pass(house, 1, alice, bob);
    expect(house.hub.session('alice')).toBeUndefined();
    expect(alice.wire.ended).toEqual({ code: 1001, reason: 'timeout' });
    expect(reasons).toEqual(['alice timeout']);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_TIMEOUT': 1 });
    alice.session.disconnected();
    connect(house, 'alice(JSON)');
    expect(house.hub.members('ch')).toEqual(['alice']);
  });

  it('that only listens to a busy channel is asked in time, and stays where it answers pings alone', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)', 'subscribe ch');
    const bob = connect(house, 'bob(JSON)');
    let pings = 0;
    for (let second = 0; second < 300; second++) {
      bob.session.receive('sendraw ch {}');
      pass(house, 1, alice, bob);
      for (const line of alice.wire.take()) {
        if (line !== 'ping\n') continue;
        pings++;
        alice.session.receive('.');
      }
    }
    expect(alice.wire.ended).toBeUndefined();
    expect(pings).toBeGreaterThan(300 / 40 - 1);
    expect(pings).toBeLessThan(300 / 25);
  });

  it('stays for as long as it answers', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    for (let count = 0; count < 10; count++) {
      pass(house, 110, alice);
      alice.session.receive('.');
    }
    expect(alice.wire.ended).toBeUndefined();
    pass(house, 1, alice);
    expect(house.hub.client('alice')?.lastSeenMs).toBe(house.clock.now());
  });

  it('stays when the clock jumps by years', () => {
    const house = buildHouse();
    const alice = connect(house, 'alice(JSON)');
    for (const years of [5, -10]) {
      house.clock.jumpTo(house.clock.now() + years * 31_536_000_000);
      pass(house, 1, alice);
    }
    expect(alice.wire.ended).toBeUndefined();
  });

  it('that never says its handle is closed after 10 s', () => {
    const house = buildHouse();
    const line = connect(house);
    const web = connectWeb(house);
    pass(house, 9, line, web);
    expect([line.wire.ended, web.wire.ended]).toEqual([undefined, undefined]);
    pass(house, 1, line, web);
    expect(line.wire.take()).toEqual(['error (no name came in time)\n']);
    expect(line.wire.ended).toBeDefined();
    expect(web.wire.ended).toBeDefined();
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_TIMEOUT': 2 });
    line.session.receive('alice(JSON)');
    expect(house.hub.onlineCount).toBe(0);
  });
});
