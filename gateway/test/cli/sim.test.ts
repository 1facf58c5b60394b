import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { TestShell } from '@crosscomm/testing/test-shell';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { configSchema } from '../../src/app/config.ts';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import type { Listeners } from '../../src/app/listeners.ts';
import { silentLog } from '../../src/common/log.ts';

type Event = Record<string, unknown> & { event: string };

const BOARDS = ['board-1', 'board-2'];
let folder: string;
let gateway: Gateway;
let doors: Listeners;
let anna: OocsiClient;
const running: { shell: TestShell; code: Promise<number> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crosscomm-sim-'));
  const anyPort = { host: '127.0.0.1', port: 0 };
  const config = configSchema.parse({
    dataDir: join(folder, 'data'),
    http: anyPort,
    oocsi: anyPort,
    mqtt: anyPort,
    oss: anyPort,
    serial: { autoDetect: false, ports: BOARDS.map((name) => ({ path: join(folder, name) })) },
  });
  gateway = createGateway(config, { log: silentLog });
  doors = await gateway.start();
  anna = await OocsiClient.connect(doors.oocsi.port, 'anna');
});
afterEach(async () => {
  for (const { shell, code } of running.splice(0)) {
    shell.interrupt();
    await code;
  }
});
afterAll(async () => {
  anna.close();
  await gateway.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const url = (): string => `ws://127.0.0.1:${doors.http.port}`;
const eventsOf = (shell: TestShell): Event[] =>
  shell.stdout.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
const summaryOf = (shell: TestShell): Event => eventsOf(shell).at(-1) as Event;

function simulate(...argv: string[]): { shell: TestShell; code: Promise<number> } {
  const shell = new TestShell();
  const sim = { shell, code: shell.run('sim', ...argv) };
  running.push(sim);
  return sim;
}

/** The counters that come to a channel, by sender, until each of so many senders has sent so many. */
async function counters(channel: string, senders: number, count: number): Promise<Record<string, number[]>> {
  const heard: Record<string, number[]> = {};
  const isDone = (): boolean =>
    Object.keys(heard).length === senders && Object.values(heard).every((numbers) => numbers.length >= count);
  while (!isDone()) {
    const { sender, n } = (await anna.take(channel, 30_000)) as { sender: string; n: number };
    heard[sender] = [...(heard[sender] ?? []), n];
  }
  return heard;
}

async function subscribe(channel: string): Promise<void> {
  anna.send(`subscribe ${channel}`);
  await anna.settle();
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

describe('crosscomm sim', () => {
  it('sends readings of many devices, listens, and sums up', async () => {
    await subscribe('ws');
    const sim = simulate(
      '-n',
      '3',
      '--url',
      url(),
      '--json',
      '--subscribe',
      'lamp/{n}',
      '--reading',
      'ws:20ms:n=counter()',
    );
    const heard = await counters('ws', 3, 5);
    expect(Object.keys(heard).sort()).toEqual(['sim-1', 'sim-2', 'sim-3']);
    for (const numbers of Object.values(heard)) expect(numbers).toEqual(upTo(numbers.length));
    anna.send('sendraw lamp/2 {"on":true}');
    const isMessage = ({ event }: Event): boolean => event === 'message';
    await vi.waitFor(() => expect(eventsOf(sim.shell).some(isMessage)).toBe(true));
    expect(eventsOf(sim.shell).find(isMessage)).toEqual({
      event: 'message',
      id: 'sim-2',
      channel: 'lamp/2',
      from: 'anna',
      value: { on: true },
    });
    sim.shell.interrupt();
    expect(await sim.code).toBe(0);
    expect(summaryOf(sim.shell)).toMatchObject({ event: 'summary', devices: 3, online: 3, received: 1, refused: 0 });
  });

  it('loses no reading where links are lost again and again, and sends none twice', async () => {
    await subscribe('lossy');
    const wire = [
      '--url',
      `mqtt://127.0.0.1:${doors.mqtt.port}`,
      '--lose-link',
      '150ms',
      '--away',
      '20ms',
      '--seed',
      '1',
    ];
    const sim = simulate('-n', '2', '--id', 'mq', ...wire, '--json', '--reading', 'lossy:10ms:n=counter()');
    for (const numbers of Object.values(await counters('lossy', 2, 60))) expect(numbers).toEqual(upTo(numbers.length));
    sim.shell.interrupt();
    await sim.code;
    expect(summaryOf(sim.shell).links).toBeGreaterThan(0);
  });

  it('resets devices, whose readings still come once at most', async () => {
    await subscribe('reset');
    const wire = ['--url', url(), '--reset', '300ms', '--away', '10ms', '--id', 'r'];
    const sim = simulate(...wire, '--json', '--reading', 'reset:20ms:n=counter()');
    await vi.waitFor(
      () => expect(eventsOf(sim.shell).filter(({ fault }) => fault === 'reset').length).toBeGreaterThan(1),
      { timeout: 20_000, interval: 50 },
    );
    sim.shell.interrupt();
    await sim.code;
    await anna.settle();
    const heard = anna.kept
      .filter((line) => line.includes('"recipient":"reset"'))
      .map((line) => (JSON.parse(line) as { n: number }).n);
    expect(heard.length).toBeGreaterThan(0);
    expect(heard).toEqual([...new Set(heard)].sort((a, b) => a - b));
    const { accepted, resets } = summaryOf(sim.shell);
    expect(resets).toBeGreaterThan(1);
    expect(accepted).toBeLessThanOrEqual(heard.length);
  });

  it('is boards on serial ports, whose noise damages no reading', async () => {
    await subscribe('pty');
    const wire = ['--pty', folder, '--noise', '400', '--id', 'board'];
    const sim = simulate('-n', '2', ...wire, '--json', '--reading', 'pty:10ms:n=counter()');
    for (const numbers of Object.values(await counters('pty', 2, 40))) expect(numbers).toEqual(upTo(numbers.length));
    sim.shell.interrupt();
    expect(await sim.code).toBe(0);
    for (const name of BOARDS) await expect(access(join(folder, name))).rejects.toThrow();
  }, 60_000);

  it('ends by itself when its time is up, with everything acknowledged', async () => {
    await subscribe('timed');
    const argv = ['--url', url(), '--id', 't', '--duration', '300ms', '--json', '--reading', 'timed:20ms:n=counter()'];
    const sim = simulate(...argv);
    expect(await sim.code).toBe(0);
    const { accepted, sent, waiting } = summaryOf(sim.shell);
    expect([accepted, waiting]).toEqual([sent, 0]);
  });

  it('shows a table on a terminal', async () => {
    const shell = new TestShell({ terminal: true });
    shell.stdout.columns = 72;
    const code = shell.run('sim', '-n', '30', '--id', 'shown', '--url', url());
    await vi.waitFor(() => expect(shell.stdout.text).toMatch(/30 online/), { interval: 50 });
    shell.interrupt();
    expect(await code).toBe(0);
    const frame = stripVTControlCharacters(shell.stdout.text.slice(shell.stdout.text.lastIndexOf('30 devices to')));
    expect(frame).toMatch(/DEVICE +STATE +SENT/);
    expect(frame).toMatch(/shown-1 +online/);
    expect(frame).toMatch(/\.\.\. and 13 more/);
    // What is wider takes two rows, and the next drawing would begin below the first.
    expect(frame.split('\n').filter((line) => line.length > 72)).toEqual([]);
  });

  it('says that there is no gateway, with exit code 2', async () => {
    const sim = simulate('--url', 'ws://127.0.0.1:1', '--duration', '3s', '--at-most-once');
    expect(await sim.code).toBe(2);
    expect(sim.shell.stderr.text).toContain('No gateway answers at ws://127.0.0.1:1/ (nothing listens there)');
  });

  it('says what to do where another simulation has its ids', async () => {
    const first = simulate('--url', url(), '--json');
    const isOnline = ({ event, state }: Event): boolean => event === 'state' && state === 'online';
    await vi.waitFor(() => expect(eventsOf(first.shell).some(isOnline)).toBe(true));
    const second = simulate('--url', url());
    await vi.waitFor(() => expect(second.shell.stderr.text).toContain('sim-1 was told id_taken'));
    expect(second.shell.stderr.text).toContain('Give these devices a name of their own with --id.');
  });

  it('leaves a file alone that stands where a port should be', async () => {
    await writeFile(join(folder, 'taken-1'), 'mine');
    const sim = simulate('--pty', folder, '--id', 'taken');
    expect(await sim.code).toBe(2);
    expect(sim.shell.stderr.text).toContain('is there already, and is no port of a simulator. [SERIAL_PORT]');
    await access(join(folder, 'taken-1'));
  });

  it('says what to install where there is no Python', async () => {
    vi.stubEnv('PATH', '/nowhere');
    const sim = simulate('--pty', folder);
    const code = await sim.code;
    vi.unstubAllEnvs();
    expect(code).toBe(2);
    expect(sim.shell.stderr.text).toMatch(/sudo apt install python3.*\[INSTALL_INCOMPLETE\]\n$/);
  });

  it.each([
    [['--devices', '0'], '--devices must be a whole number, at least 1'],
    [['--devices', '10001'], '--devices is at most 10000'],
    [['--id', 'a b'], '--id must be a name without blanks'],
    [['--url', 'ftp://x'], '"ftp://x" is not the address of a gateway'],
    [['--noise', '100'], '--noise needs --pty'],
    [['--reading', 'lab'], '"lab" is no reading'],
    [['--reading', 'lab/#:1s:counter()'], '"lab/#" cannot be used here: it is a pattern'],
    [['--subscribe', 'lab/#/a'], '"lab/#/a" cannot be used here: #'],
    [['--subscribe', ''], '"" cannot be used here'],
    [['--url', 'ws://a%zz@localhost'], 'A % in the name or password'],
    [['--lose-link', '5'], '--lose-link must be a duration'],
    [['--pty', '/tmp', '-n', '65'], 'There can be 64 devices on serial ports'],
    [['--pty', '/tmp', '--id', 'a/b'], 'With --pty, --id names files'],
  ])('answers %j in one sentence with exit code 2', async (argv, sentence) => {
    const sim = simulate(...argv);
    expect(await sim.code).toBe(2);
    expect(sim.shell.stderr.text).toContain(`crosscomm: ${sentence}`);
    expect(sim.shell.stderr.text).toMatch(/ \[CALL_INVALID\]\n$/);
    expect(sim.shell.stderr.text.trim().split('\n')).toHaveLength(1);
  });
});

it('finds the gateway of this machine by its data folder, and proves itself by the token of the environment', async () => {
  const place = ['--data-dir', join(folder, 'data')];
  const adding = new TestShell();
  await adding.run('account', 'add', 'fleet', '--role', 'device', ...place, '--json');
  const { token } = JSON.parse(adding.stdout.text) as { token: string };
  const call = ['sim', '--id', 'fleet', '--json', ...place];
  const refused = new TestShell();
  expect(await refused.run(...call, '--duration', '3s')).toBe(1);
  const shell = new TestShell({ env: { CROSSCOMM_TOKEN: token } });
  const code = shell.run(...call);
  const isOnline = expect.objectContaining({ event: 'state', state: 'online' });
  await vi.waitFor(() => expect(eventsOf(shell)).toContainEqual(isOnline));
  shell.interrupt();
  expect([await code, shell.stderr.text]).toEqual([0, '']);
  expect(eventsOf(shell)[0]).toMatchObject({ event: 'ready', address: `${url()}/` });
  await new TestShell().run('account', 'remove', 'fleet', ...place);
});
