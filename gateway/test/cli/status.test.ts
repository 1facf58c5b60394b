import { accountOf } from '@crosscomm/testing/accounts';
import { MemorySession } from '@crosscomm/testing/test-hub';
import { TestShell } from '@crosscomm/testing/test-shell';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeToken } from '../../src/access/tokens.ts';
import { Message } from '../../src/hub/message.ts';
import { buildWebHouse } from '../web/support.ts';

async function running() {
  const house = await buildWebHouse();
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
      ['Problems', 'oocsi PEER_MALFORMED', 'once'],
    ]);
  });

  it('prints with --json what GET /status has', async () => {
    const { app, run } = await running();
    const { out } = await run('--json');
    expect(JSON.parse(out)).toEqual({ ...(await app.inject('/status')).json(), nowMs: expect.any(Number) });
  });

  it('says where no gateway is', async () => {
    const shell = new TestShell({ env: {} });
    expect(await shell.run('status', '--url', '127.0.0.1:1')).toBe(2);
    expect(shell.stderr.text).toContain('[GATEWAY_UNREACHABLE]');
  });
});
