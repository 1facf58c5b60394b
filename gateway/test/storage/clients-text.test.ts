import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ClientInfo } from '../../src/hub/client.ts';
import { readClients, writeClients } from '../../src/storage/clients-text.ts';

function client(id: string, extra: Partial<ClientInfo> = {}): ClientInfo {
  return {
    id,
    protocol: 'oocsi',
    online: false,
    lastSeenMs: 1700000000123,
    joinedMs: 1700000000000,
    subscriptions: [],
    ...extra,
  };
}

const STRANGE_IDS = [
  'yes',
  '1',
  '1e5',
  'null',
  'a: b',
  '# no comment',
  '- item',
  '{flow}',
  '"quoted"',
  "it's",
  '__proto__',
  'constructor',
  '\ud83d\ude00',
  'caf\u00e9',
  'line\nbreak\ttab',
  '\u2028\u0085\u007f\ufeff\uffff',
  '\ud800',
  ' blanks ',
  'x'.repeat(1500),
];

describe('the text of the known clients', () => {
  it('has what a pywayne server reads', () => {
    const text = writeClients([client('pi_1', { online: true }), client('pi_2', { lastSeenMs: 5000 })]);
    expect(parse(text)).toMatchObject({
      pi_1: { status: 'online', last_seen: 1700000000.123 },
      pi_2: { status: 'offline', last_seen: 5 },
    });
  });

  it('has each client on a line of its own, and times with a decimal point', () => {
    expect(writeClients([client('a', { subscriptions: ['x', 'y/z'], lastSeenMs: 5000 })]).split('\n')[1]).toBe(
      '"a": {"status": "offline", "last_seen": 5.000, "protocol": "oocsi", "joined": 1700000000.000, "subscriptions": ["x", "y/z"]}',
    );
  });

  it.each(['1.1', '1.2'] as const)('is valid YAML %s whatever the ids are', (version) => {
    const parsed: unknown = parse(writeClients(STRANGE_IDS.map((id) => client(id))), { version, mapAsMap: true });
    expect([...(parsed as Map<string, unknown>).keys()]).toEqual(STRANGE_IDS);
  });

  it('reads back when a client that is away went, by the clock that never steps', async () => {
    const [away, here] = await readClients(
      writeClients([client('a', { leftMs: 12_345 }), client('b', { online: true })]),
    );
    expect([away?.leftMs, here?.leftMs]).toEqual([12_345, undefined]);
  });

  it('reads back what it wrote, in its order', async () => {
    const clients = STRANGE_IDS.map((id, n) =>
      client(id, {
        subscriptions: [id, 'news'],
        protocol: 'mqtt',
        online: n % 2 === 1,
        ...(n % 3 ? {} : { origin: id }),
      }),
    );
    expect(await readClients(writeClients(clients))).toEqual(clients);
    const short = clients.filter(({ id }) => id.length < 1000);
    expect(await readClients(writeClients(short))).toEqual(short);
  });

  it('reads the file of a pywayne server', async () => {
    const text = `0123456789ab_1e2d3c4f:
  last_seen: 1700000000.5
  status: online
1e5:
  last_seen: 1700000001
  status: offline
'yes': {last_seen: .nan, status: offline}
odd:
`;
    expect(await readClients(text)).toEqual([
      client('0123456789ab_1e2d3c4f', {
        protocol: 'crosscomm',
        online: true,
        lastSeenMs: 1700000000500,
        joinedMs: 1700000000500,
      }),
      client('1e5', { protocol: 'crosscomm', lastSeenMs: 1700000001000, joinedMs: 1700000001000 }),
      client('yes', { protocol: 'crosscomm', lastSeenMs: 0, joinedMs: 0 }),
      client('odd', { protocol: 'crosscomm', lastSeenMs: 0, joinedMs: 0 }),
    ]);
  });

  it('reads our own file after a person edited it', async () => {
    const text = `${writeClients([client('a')])}\n# a note\nb:\n  status: online\n  protocol: gateway\n  subscriptions: [x, 1]\n`;
    expect(await readClients(text)).toMatchObject([
      { id: 'a', protocol: 'oocsi' },
      { id: 'b', online: true, protocol: 'crosscomm', subscriptions: ['x', '1'] },
    ]);
  });

  it('reads back a protocol that it does not know, and what is no name of one as that of pywayne', async () => {
    const clients = [client('a', { protocol: 'telepathy' }), client('b', { protocol: 'by "air"' })];
    expect(await readClients(writeClients(clients))).toEqual(clients);
    const strange = [client('c', { protocol: '' }), client('d', { protocol: 'a\nb' })];
    const read = await readClients(writeClients(strange));
    expect(read.map(({ protocol }) => protocol)).toEqual(['crosscomm', 'crosscomm']);
  });

  it.each(['', '{}', '# nothing\n', '---\n'])('reads nobody from %j', async (text) => {
    expect(await readClients(text)).toEqual([]);
  });

  it.each(['a: [', '- a\n- b\n', 'just words', '? [a]\n: {}\n', '"a": {"status"'])('refuses %j', async (text) => {
    await expect(readClients(text)).rejects.toThrow();
  });
});
