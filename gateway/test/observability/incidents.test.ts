import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { describe, expect, it } from 'vitest';
import { Incidents } from '../../src/observability/incidents.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';

function open(): { clock: FakeClock; log: MemoryLog; incidents: Incidents } {
  const clock = new FakeClock();
  const log = new MemoryLog();
  return { clock, log, incidents: new Incidents(clock, log, new MetricsRegistry()) };
}

const refused = (who: string) =>
  ({ door: 'mqtt', who, code: 'PEER_TOO_MANY', message: `${who} was refused.` }) as const;

describe('what peers do wrong', () => {
  it.each([
    ['IPv4', (port: number) => `192.0.2.7:${port}`],
    ['IPv6', (port: number) => `[2001:db8::7]:${port}`],
    ['IPv4 in IPv6', (port: number) => `::ffff:192.0.2.7:${port}`],
  ])('is one line for a machine, by however many connections it does it, and every one is counted: %s', (_, who) => {
    const { clock, log, incidents } = open();
    for (let port = 1024; port < 36_024; port++) incidents.report(refused(who(port)));
    expect(log.lines).toHaveLength(1);
    expect(incidents.counts()).toEqual({ 'mqtt PEER_TOO_MANY': 35_000 });
    clock.advance(10_000);
    incidents.report(refused(who(1)));
    expect(log.contexts[1]).toMatchObject({ alsoUnlogged: 34_999 });
  });

  it('is no flood of lines where each is of another client, and it is said how many were left out', () => {
    const { clock, log, incidents } = open();
    for (let client = 0; client < 1000; client++) incidents.report(refused(`made up ${client}`));
    expect(log.lines).toHaveLength(50);
    clock.advance(10_000);
    expect(log.lines[50]).toBe(
      'warn 950 more lines about what peers did wrong were left out; /status has every count.',
    );
    incidents.report(refused('a later one'));
    expect(log.lines[51]).toBe('warn a later one was refused.');
    clock.advance(60_000);
    expect(log.lines).toHaveLength(52);
  });

  it('is told of each kind, also where they have a code and an address in common', () => {
    const { log, incidents } = open();
    for (const port of [1001, 1002]) {
      const who = `192.0.2.7:${port}`;
      for (const what of ['speaks TLS', 'speaks HTTP', `sent ${port} bytes`]) {
        incidents.report({ door: 'mqtt', who, code: 'PEER_MALFORMED', message: `The MQTT client ${who} ${what}.` });
      }
    }
    expect(log.lines.map((line) => line.slice(-16))).toEqual([
      expect.stringContaining('TLS'),
      expect.stringContaining('HTTP'),
      expect.stringContaining('1001 bytes'),
    ]);
  });

  it('is told in a line of bounded length, however long the names of a peer are', () => {
    const { log, incidents } = open();
    incidents.report({ ...refused('x'.repeat(1_000_000)), message: 'y'.repeat(1_000_000) });
    expect(log.lines[0]?.length).toBeLessThan(1100);
    expect(String((log.contexts[0] as { who: string }).who)).toHaveLength(257);
  });

  it('is told apart by clients whose names look like addresses only a little', () => {
    const { log, incidents } = open();
    for (const who of ['board:1', 'board:2', '10:20:30:40:50:60', '10:20:30:40:50:61']) incidents.report(refused(who));
    expect(log.lines).toHaveLength(4);
  });
});
