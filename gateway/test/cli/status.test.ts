import { accountOf } from '@crosscomm/testing/accounts';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { TestShell } from '@crosscomm/testing/test-shell';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeToken } from '../../src/access/tokens.ts';
import { Message } from '../../src/hub/message.ts';
import type { Overview } from '../../src/web/api/overview.ts';
import type { WebServerOptions } from '../../src/web/server.ts';
import { buildWebHouse } from '../web/support.ts';

async function running(options: Partial<WebServerOptions> = {}) {
  const house = await buildWebHouse(options);
  onTestFinished(() => house.app.close());
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = house.app.server.address() as { port: number };
  const run = async (...argv: string[]) => {
    const shell = new TestShell({ env: { CROSSCOMM_URL: `ws://127.0.0.1:${port}` } });
    const code = await shell.run('status', ...argv);
    return { code, out: shell.stdout.text, err: shell.stderr.text };
  };
  return { ...house, port, run };
}

describe('crosscomm status', () => {
  it('shows who is connected, what went through, and what is wrong', async () => {
    const { hub, access, accounts, incidents, clock, port, run } = await running();
    const [anna, bert] = [new MemorySession('anna', 'mqtt'), new MemorySession('bert', 'mqtt')];
    const token = makeToken();
    await accounts.add(accountOf('boss', { token, roles: ['admin'] }));
    for (const session of [anna, bert]) hub.join(session);
    access.admit(
      { id: 'boss-carl', protocol: 'oocsi', peer: '', secret: token, isGone: () => false },
      ({ principal }) => {
        const carl = Object.assign(new MemorySession('boss-carl', 'oocsi'), { principal });
        if (principal) access.enter(principal, carl);
      },
    );
    hub.subscribe(anna, 'lamp');
    const message = { from: 'bert', kind: 'text', body: 'on', timestampMs: clock.now() } as const;
    hub.send(new Message({ ...message, to: 'lamp' }));
    hub.send(new Message({ ...message, to: 'nobody' }));
    incidents.report({ door: 'oocsi', who: 'carl', code: 'PEER_MALFORMED', message: 'No JSON.' });
    clock.advance(3_720_000);
    const { code, out } = await run();
    expect(code).toBe(0);
    const [head, ...rows] = out.trimEnd().split('\n');
    expect(head?.replace(/ \d+\.\d+\.\d+ /, ' VERSION ')).toBe(
      `CrossComm Gateway VERSION at 127.0.0.1:${port}, up for 1 h 2 min`,
    );
    expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
      ['Clients', expect.stringMatching(/^3 online, \d+ known$/), 'mqtt 2, oocsi 1'],
      ['', '2 anonymous, 1 by token'],
      ['Channels', expect.stringMatching(/^\d+$/)],
      ['Messages', '2 in, 1 delivered', '1 refused'],
      ['', '0 in and 0 out a second'],
      ['Queues', '0 B of 67.1 MB'],
      ['Links', 'none'],
      ['Memory', expect.stringMatching(/^[\d.]+ MB$/)],
      ['Incidents', 'oocsi PEER_MALFORMED', 'once'],
      ['Problems', 'none'],
    ]);
  });

  it('prints with --json what GET /status has, with rates, queues and problems', async () => {
    const { app, run } = await running();
    const { out } = await run('--json');
    const { rates, queues, problems, disk, links } = (await app.inject('/api/v1/overview')).json() as Overview;
    const more = { rates, queues, problems, disk, links, memoryBytes: expect.any(Number) };
    expect(JSON.parse(out)).toEqual({ ...(await app.inject('/status')).json(), ...more, nowMs: expect.any(Number) });
  });

  it('shows what listens, and says in sentences what is wrong and what to do', async () => {
    const { clock, run } = await running({
      doors: () => ({
        ...{ http: { host: '127.0.0.1', port: 9898 }, mqtt: { host: '::', port: 1883, tls: 'required' } },
        serial: [{ path: '/dev/ttyUSB0', id: 'knob', state: 'waiting' }],
      }),
    });
    clock.trusted = false;
    const rows = (await run()).out.split('\n').map((row) => row.split(/ {2,}/));
    expect(rows.slice(1, 4)).toEqual([
      ['Listeners', 'http 127.0.0.1:9898'],
      ['', 'mqtt [::]:1883', 'TLS only'],
      ['', 'serial /dev/ttyUSB0', 'waiting, knob'],
    ]);
    const at = rows.findIndex(([label]) => label === 'Problems');
    expect(rows[at]?.[1]).toBe('The clock of this machine is not known to be right yet.');
    expect(rows[at + 1]?.[1]).toContain('Connect it to a network with a time server');
  });

  it('says where no gateway is', async () => {
    const shell = new TestShell({ env: {} });
    expect(await shell.run('status', '--url', '127.0.0.1:1')).toBe(2);
    expect(shell.stderr.text).toContain('[GATEWAY_UNREACHABLE]');
  });
});
