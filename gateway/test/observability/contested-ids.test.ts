import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { describe, expect, it } from 'vitest';
import type { Contest } from '../../src/hub/contest.ts';
import { Incidents } from '../../src/observability/incidents.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';

function open() {
  const clock = new FakeClock();
  const log = new MemoryLog();
  return { clock, log, incidents: new Incidents(clock, log, new MetricsRegistry()) };
}

/** The board at 192.0.2.`from` takes the id from the one at 192.0.2.`to`. */
function takeover(from: number, to = from, id = 'kitchen'): Contest {
  return { id, protocol: 'mqtt', peers: [`192.0.2.${from}:4000${from}`, `192.0.2.${to}:4000${to}`], isRefused: false };
}

const refusal = (id: string, ...hosts: string[]): Contest => ({
  id,
  protocol: 'oocsi',
  peers: hosts.map((host) => `${host}:50000`),
  isRefused: true,
});

describe('clients that share an id', () => {
  it('are one incident, which names the id and the addresses and says what to do', () => {
    const { clock, log, incidents } = open();
    for (let times = 0; times < 167; times++) {
      incidents.contested(takeover((times % 25) + 1, ((times + 1) % 25) + 1));
      clock.advance(48);
    }
    expect(log.lines).toEqual([
      'warn Several clients have the id kitchen and take it from each other: 5 times in 1 s, from 192.0.2.1, 192.0.2.2, ' +
        "192.0.2.3, 192.0.2.4 and others. Give each its own id, such as one made from the board's MAC address, or end the " +
        'programs that were left running.',
    ]);
    expect(log.contexts).toEqual([{ door: 'mqtt', who: 'kitchen', code: 'PEER_ID_SHARED' }]);
    expect(incidents.counts()).toEqual({ 'mqtt PEER_ID_SHARED': 1 });
    expect(incidents.sharedIds()).toEqual([{ id: 'kitchen', protocol: 'mqtt', times: 167 }]);
  });

  it('are told of again every ten minutes, and anew when they were quiet for two minutes', () => {
    const { clock, log, incidents } = open();
    for (let second = 0; second < 1500; second++) {
      incidents.contested(takeover(1, 2));
      clock.advance(1000);
    }
    expect(log.lines).toHaveLength(3);
    expect(log.lines[2]).toContain('1205 times in 1204 s, from 192.0.2.1 and 192.0.2.2.');
    clock.advance(120_000);
    expect(incidents.sharedIds()).toEqual([]);
    for (let times = 0; times < 4; times++) incidents.contested(takeover(1, 2));
    expect(log.lines).toHaveLength(3);
    incidents.contested(takeover(1, 2));
    expect(log.lines[3]).toContain('5 times in 1 s');
  });

  it('are known by a second refusal, as the one that has the id is there', () => {
    const { clock, log, incidents } = open();
    incidents.contested(refusal('lamp', '127.0.0.1', '127.0.0.1'));
    clock.advance(20_000);
    expect(log.lines).toEqual([]);
    incidents.contested(refusal('lamp', '127.0.0.1', '127.0.0.1'));
    expect(log.lines).toEqual([
      expect.stringContaining(
        'the id lamp and want it, and all but one are refused: 2 times in 20 s, from 127.0.0.1. Give',
      ),
    ]);
  });

  it('and are refused again and again are counted, without a line for each', () => {
    const { clock, log, incidents } = open();
    const message = 'The handle lamp was refused: another client has it.';
    for (let times = 0; times < 300; times++) {
      incidents.contested(refusal('lamp', '192.0.2.1', '192.0.2.2'));
      incidents.report({ door: 'oocsi', who: 'lamp', code: 'PEER_NAME_TAKEN', message });
      clock.advance(2000);
    }
    expect(log.lines).toEqual([`warn ${message}`, expect.stringContaining('Several clients have the id lamp')]);
    expect(incidents.counts()).toEqual({ 'oocsi PEER_ID_SHARED': 1, 'oocsi PEER_NAME_TAKEN': 300 });
  });

  it.each<[string, number, number]>([
    ['a client that comes back twice after a hiccup of its Wi-Fi', 2, 5000],
    ['a program that its author starts three times', 3, 4000],
    ['a board that wakes every three seconds and says no goodbye', 200, 3000],
  ])('are not %s', (_, times, everyMs) => {
    const { clock, log, incidents } = open();
    for (let time = 0; time < times; time++) {
      incidents.contested(takeover(1));
      clock.advance(everyMs);
    }
    expect(log.lines).toEqual([]);
    expect(incidents.sharedIds()).toEqual([]);
  });

  it('are not one client that gets another address, and comes back again and again', () => {
    const { clock, log, incidents } = open();
    for (let times = 0; times < 100; times++) {
      incidents.contested(takeover(1, times === 0 ? 2 : 1));
      clock.advance(5000);
    }
    expect(log.lines).toEqual([]);
  });

  it('are found where two boards wait twenty seconds each before they try again', () => {
    const { clock, log, incidents } = open();
    for (let times = 0; times < 5; times++) {
      incidents.contested(takeover(1 + (times % 2), 2 - (times % 2)));
      clock.advance(20_000);
    }
    expect(log.lines).toEqual([expect.stringContaining('5 times in 80 s, from 192.0.2.1 and 192.0.2.2. Give each')]);
  });

  it('are found at one address too, where it may also be one that starts again and again', () => {
    const { clock, log, incidents } = open();
    for (let times = 0; times < 12; times++) {
      incidents.contested(takeover(1));
      clock.advance(1000);
    }
    expect(log.lines).toEqual([
      expect.stringContaining('12 times in 11 s, from 192.0.2.1 (or one starts again and again). Give each'),
    ]);
  });

  it('take no more memory than a thousand ids need, and twenty of them are listed', () => {
    const { incidents } = open();
    for (let id = 0; id < 3000; id++) {
      for (let times = 0; times < 6; times++) incidents.contested(takeover(1, 2, `id-${id}`));
    }
    const listed = incidents.sharedIds();
    expect(listed).toHaveLength(20);
    expect(listed[0]).toMatchObject({ id: 'id-2999', times: 6 });
  });

  it('do not notice that the wall clock is set', () => {
    const { clock, log, incidents } = open();
    for (let times = 0; times < 6; times++) {
      incidents.contested(takeover(1, 2));
      clock.jumpTo(clock.now() + 86_400_000);
    }
    expect(log.lines).toHaveLength(1);
    clock.jumpTo(0);
    expect(incidents.sharedIds()).toHaveLength(1);
  });
});
