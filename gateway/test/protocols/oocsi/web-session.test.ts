import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { connect, connectWeb } from './parties.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('a WebSocket client', () => {
  it('is welcomed', () => {
    const { session, wire } = connectWeb(buildHouse());
    session.receive('alice');
    expect(wire.take()).toEqual(['{"message" : "welcome alice"}']);
  });

  it.each(['al ice', '', 'ålice', 'a'.repeat(201)])(
    'that says %j has a name made for it, which is forgotten',
    (frame) => {
      const house = buildHouse();
      const { session, wire } = connectWeb(house);
      session.receive(frame);
      expect(wire.take()[0]).toMatch(/^\{"message" : "welcome webclient_\d{4}"\}$/);
      expect(session.id).toMatch(/^webclient_\d{4}$/);
      session.disconnected();
      expect(house.hub.clients()).toEqual([]);
    },
  );

  it('is refused a name that another protocol has, and a wrong password', () => {
    const house = buildHouse();
    house.hub.join(new MemorySession('lamp', 'crosscomm'));
    for (const [handle, answer] of [
      ['lamp', '{"message" : "ERROR: client lamp exists already"}'],
      ['server', '{"message" : "ERROR: client server exists already"}'],
      ['bob:secret', '{"message" : "ERROR: password wrong for name: bob"}'],
    ] as const) {
      const { session, wire } = connectWeb(house);
      session.receive(handle);
      expect(wire.take()).toEqual([answer]);
      expect(wire.ended).toEqual({ code: 1008, reason: 'refused' });
    }
  });

  it('sends and receives with the data apart', () => {
    const house = buildHouse();
    const alice = connectWeb(house, 'alice', 'subscribe ch');
    const bob = connectWeb(house, 'bob', 'subscribe ch');
    const carol = connect(house, 'carol(JSON)', 'subscribe ch');
    alice.session.receive('sendjson ch {"b":1.0,"a":null,"c":[1,\n2]}');
    carol.session.receive('sendraw ch hello');
    expect(bob.wire.take()).toEqual([
      `{"recipient":"ch","timestamp":${NOW},"sender":"alice","data":{"b":1.0,"c":[1,2]}}`,
      `{"recipient":"ch","timestamp":${NOW},"sender":"carol","data":{"data":"hello"}}`,
    ]);
    expect(carol.wire.take()).toEqual([`{"b":1.0,"c":[1,2],"recipient":"ch","timestamp":${NOW},"sender":"alice"}\n`]);
    expect(alice.wire.take()).toHaveLength(1);
  });

  it('sends an empty message where its text is no object, which is counted', () => {
    const house = buildHouse();
    const bob = connectWeb(house, 'bob', 'subscribe ch');
    connectWeb(house, 'alice', 'sendjson ch hello');
    expect(bob.wire.take()).toEqual([`{"recipient":"ch","timestamp":${NOW},"sender":"alice","data":{}}`]);
    expect(house.incidents.counts()).toEqual({ 'oocsi PEER_MALFORMED': 1 });
  });

  it('can send later and keep messages, as on TCP', () => {
    const house = buildHouse();
    connectWeb(house, 'alice', 'sendjson ch {"_DELAY":3}', 'sendjson other {"_RETAIN":9}');
    const bob = connectWeb(house, 'bob', 'subscribe ch');
    bob.session.receive('subscribe other');
    expect(bob.wire.take()).toHaveLength(1);
    house.clock.advance(3000);
    expect(bob.wire.take()).toEqual([
      `{"recipient":"ch","timestamp":${NOW + 3000},"sender":"alice","data":{"_DELAY":3}}`,
    ]);
  });

  it('may unsubscribe, and what else it says is no command', () => {
    const house = buildHouse();
    const { session, wire } = connectWeb(house, 'alice', 'subscribe a', 'subscribe b', 'unsubscribe a');
    expect(house.hub.channels()).toEqual(['b']);
    for (const frame of ['.', 'quit', 'clients', 'ping', 'sendraw b x']) session.receive(frame);
    expect(wire.take()).toEqual([]);
    expect(wire.ended).toBeUndefined();
  });

  it('is told of a message that was too long, and goes on', () => {
    const { session, wire } = connectWeb(buildHouse(), 'alice');
    session.receiveTooLong(1000);
    expect(wire.take()).toEqual(['{"message" : "ERROR: message too long: at most 1000 bytes"}']);
    expect(wire.ended).toBeUndefined();
  });

  it('hears that the gateway stops by the close code', () => {
    const house = buildHouse();
    const { wire } = connectWeb(house, 'alice');
    house.hub.stop();
    expect(wire.take()).toEqual([]);
    expect(wire.ended).toEqual({ code: 1001, reason: 'shutdown' });
  });
});
