import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { unseal } from '../../../src/common/sealed.ts';
import { packetIdOf } from '../../../src/mqtt-engine/store/packet-ids.ts';
import { MemoryDb } from './memory-db.ts';
import { openStore, PLAIN, readAll, type TestStore, text, texts } from './support.ts';

/**
 * What a database of the version before the store is like: everything that one had, recorded from the gateway of commit 711ff98 while clients
 * did what its keys say (`flight` was sent four messages under `packetIds`, has acknowledged the first and confirmed the second, and was
 * away for two more; `rude` was online, with a last will).
 */
const { packetIds, entries } = JSON.parse(readFileSync(new URL('./earlier-version.json', import.meta.url), 'utf8')) as {
  packetIds: number[];
  entries: [string, string][];
};

function recorded(
  change: (key: string, value: Buffer) => [string, Buffer] | undefined = (...entry) => entry,
): MemoryDb {
  const db = new MemoryDb();
  for (const [key, value] of entries) {
    const changed = change(key, Buffer.from(value, 'base64'));
    if (changed) db.stored.set(...changed);
  }
  return db;
}

/** Everything that a store has, as its clients and later subscribers would get it. */
async function contents({ store, index }: TestStore): Promise<object> {
  const sessions: Record<string, object> = {};
  for (const { id, account, queue, received, sentSeq } of store.sessions.all()) {
    const queued = (await readAll(queue)).map(({ seq, qos, retain, message }) =>
      [
        ...[message?.payload.toString() ?? 'released', message?.topic, message?.clientId, qos, retain],
        ...(seq < sentSeq ? [packetIdOf(seq)] : []),
      ].join(' '),
    );
    const subscriptions = [...index.of(id).all()].map((each) =>
      [each.filter, `${each.qos}`, each.noLocal && 'no local', each.retainAsPublished && 'as published']
        .filter(Boolean)
        .join(' '),
    );
    sessions[id] = { account, queued, subscriptions, received: [7, 8].filter((number) => received.has(number)) };
  }
  const retained = store.retained
    .match('#')
    .map((found) => store.retained.read(found))
    .map((each) => [each?.topic, each?.payload.toString('latin1'), each?.qos, each?.clientId, each?.address].join(' '));
  const wills = [...store.wills.all()].map(
    ({ id, message }) => `${id} ${message.topic} ${message.payload} ${message.qos}`,
  );
  return { sessions, retained: retained.sort(), wills };
}

const [, second, third, fourth] = packetIds;
const NONE = { account: undefined, queued: [], subscriptions: [], received: [] };
const EXPECTED = {
  sessions: {
    bridge: { ...NONE, queued: ['state b/r sender 1 true'], subscriptions: ['b/# 1 no local as published'] },
    device: { ...NONE, received: [7] },
    empty: NONE,
    flight: {
      ...NONE,
      subscriptions: ['f 2'],
      queued: [
        `released   2 false ${second}`,
        `3 f sender 2 false ${third}`,
        `4 f sender 1 false ${fourth}`,
        '5 f sender 1 false',
        '6 f sender 2 false',
      ],
    },
    'lamp 1': {
      ...NONE,
      subscriptions: ['a/# 1', 'none 0', 'x 2'],
      queued: ['first a/b sender 1 false', 'second x sender 2 false', 'third a/c sender 1 false'],
    },
  },
  retained: [
    'a/c third 2 sender 127.0.0.1',
    'b/r state 1 sender 127.0.0.1',
    `bytes ${Buffer.from([0, 255, 1, 254]).toString('latin1')} 0 sender 127.0.0.1`,
    'dev/aXb spoilt 1 sender 127.0.0.1',
    'größe 1 2 sender 127.0.0.1',
  ],
  wills: ['rude wills gone 1'],
};

describe('a database of an earlier version', () => {
  it('is taken over as it is, with packet ids that are in use, and the log says so once', async () => {
    const db = recorded();
    const first = await openStore({}, { db });
    expect(await contents(first)).toEqual(EXPECTED);
    expect(first.told).toEqual(['The MQTT sessions and messages of an earlier version were taken over.']);
    expect(db.keys().filter((key) => /^(outgoing|crosscomm)/.test(key))).toEqual([]);
    const second = await first.again();
    expect(await contents(second)).toEqual(EXPECTED);
    expect(second.told).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'loses nothing and doubles nothing where the power fails at write %i',
    async (last) => {
      const db = recorded();
      let writes = 0;
      db.before = () => {
        if (writes++ >= last) throw new Error('no power');
      };
      await openStore({}, { db }).catch(() => {});
      db.before = () => {};
      expect(await contents(await openStore({}, { db }))).toEqual(EXPECTED);
    },
  );

  it('loses nothing of a long queue either, some of which is moved when the power fails', async () => {
    const db = recorded((key, value) => (key.startsWith('outgoing:lamp') ? undefined : [key, value]));
    const pattern = Buffer.from(entries.find(([key]) => key.startsWith('outgoing:lamp'))?.[1] ?? '', 'base64');
    for (let number = 10_000; number < 12_500; number++) {
      // Before there were seals, values had none.
      const value = Buffer.from(unseal(pattern));
      value.write(String(number), value.indexOf('first'));
      db.stored.set(`outgoing:lamp%201:run-0000000001:${String(number).padStart(16, '0')}`, value);
    }
    let moved = 0;
    db.before = (operations) => {
      if (!operations.some(({ key }) => key.startsWith('outgoing:lamp'))) return;
      moved++;
      if (moved === 2) throw new Error('no power');
    };
    await openStore({}, { db }).catch(() => {});
    expect(moved).toBe(2);
    db.before = () => {};
    const { store } = await openStore({}, { db });
    const queue = store.sessions.get('lamp 1')?.queue ?? expect.fail();
    expect(await texts(queue)).toEqual(Array.from({ length: 2500 }, (_, index) => String(10_000 + index)));
    expect(queue.add(text('new'), PLAIN)).toBeUndefined();
  });

  it('that wrote no sessions down has one for whoever has anything', async () => {
    const noSessions = (key: string, value: Buffer): [string, Buffer] | undefined =>
      key.startsWith('session:') ? undefined : [key, value];
    for (const last of [9, 1, 2]) {
      const db = recorded(noSessions);
      let writes = 0;
      db.before = () => {
        if (writes++ >= last) throw new Error('no power');
      };
      await openStore({}, { db }).catch(() => {});
      db.before = () => {};
      const { sessions } = (await contents(await openStore({}, { db }))) as typeof EXPECTED;
      const { empty, ...others } = EXPECTED.sessions;
      expect([sessions, empty]).toEqual([others, NONE]);
    }
  });

  it('that wrote some down has none for what a session that ended has left', async () => {
    const db = recorded((key, value) =>
      /^(session|subscriptions):(lamp|device)/.test(key) ? undefined : [key, value],
    );
    const { store } = await openStore({}, { db });
    expect([...store.sessions.all()].map(({ id }) => id)).toEqual(['bridge', 'empty', 'flight']);
    expect(db.keys().filter((key) => /lamp|device/.test(key))).toEqual([]);
  });

  it('gives its sessions to their accounts, and takes no retained message over whose topic common clients cannot take', async () => {
    const db = recorded((key, value) => {
      if (key === 'session:empty') return [key, Buffer.from('432000000 anna')];
      const spoil = (bytes: Buffer): Buffer =>
        Buffer.from(bytes.toString('latin1').replaceAll('aXb', 'a\tb'), 'latin1');
      return key === 'retained:dev/aXb' ? ['retained:dev/a\tb', spoil(Buffer.from(unseal(value)))] : [key, value];
    });
    const { store } = await openStore({}, { db });
    expect(store.sessions.get('empty')?.account).toBe('anna');
    expect(store.retained.match('dev/#')).toEqual([]);
    await store.committed();
    expect(db.keys('retained:dev')).toEqual([]);
  });

  it('is taken over without what is damaged in it, which is told', async () => {
    const damage = /^(outgoing:lamp.*20$|retained:bytes|subscriptions:flight|session:bridge)/;
    const db = recorded((key, value) => {
      if (damage.test(key)) value[4] = (value[4] ?? 0) ^ 0x40;
      return [key, value];
    });
    const test = await openStore({}, { db });
    expect(test.told.filter((line) => line.includes('is not what was written'))).toHaveLength(4);
    expect(await texts(test.store.sessions.get('lamp 1')?.queue ?? expect.fail())).toEqual(['second', 'third']);
    expect(test.store.retained.match('#')).toHaveLength(4);
  });
});
