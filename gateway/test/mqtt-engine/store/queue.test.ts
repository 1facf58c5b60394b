import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { MessageProperties } from '../../../src/mqtt-engine/codec/packets.ts';
import { openStore, PLAIN, readAll, text, texts } from './support.ts';

const FOREVER = Number.POSITIVE_INFINITY;

describe('the queue of a session', () => {
  it('gives what waits in its order, whatever is added, acknowledged and released, and wherever the gateway begins anew', async () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('add' as const), size: fc.integer({ min: 0, max: 60_000 }) }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constantFrom('remove' as const, 'release' as const), at: fc.nat(40) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('read' as const, 'readSome' as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constantFrom('come' as const, 'go' as const, 'restart' as const) }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        let test = await openStore({ maxQueuedBytes: 1e9 });
        let session = test.store.sessions.open('a', undefined, FOREVER);
        /** What is in it, by number. */
        const model = new Map<number, string>();
        let count = 0;
        const check = async (): Promise<void> => {
          expect(await texts(session.queue)).toEqual([...model].map(([seq, body]) => body || `#${seq}`));
          expect(session.queue.count).toBe(model.size);
          expect(session.queue.firstSeq).toBe([...model.keys()][0] ?? session.queue.nextSeq);
        };
        for (const each of steps) {
          if (each.kind === 'add') {
            const body = `${count++} ${'x'.repeat(each.size)}`;
            model.set(session.queue.add(text(body), PLAIN) ?? -1, body);
          } else if (each.kind === 'remove' || each.kind === 'release') {
            const seq = [...model.keys()][each.at];
            if (seq === undefined) continue;
            session.queue[each.kind](seq);
            if (each.kind === 'remove') model.delete(seq);
            else model.set(seq, '');
          } else if (each.kind === 'come') session = test.store.sessions.open('a', undefined, FOREVER);
          else if (each.kind === 'go') test.store.sessions.left('a', FOREVER);
          else if (each.kind === 'read') await check();
          else if (each.kind === 'readSome') await session.queue.read(session.queue.firstSeq + 1, 2);
          else {
            await test.store.committed();
            test = await test.again();
            session = test.store.sessions.open('a', undefined, FOREVER);
          }
        }
        await check();
      }),
      { numRuns: 60 },
    );
  });

  it('keeps everything that belongs to a message, also over a restart', async () => {
    const test = await openStore();
    const raw = Buffer.from([1, 1, 3, 0, 1, 0x6a, 0x26, 0, 1, 0x61, 0, 1, 0x62, 0x26, 0, 1, 0x61, 0, 1, 0x63]);
    const properties: MessageProperties = {
      ...{ raw, isText: true, contentType: 'j', responseTopic: undefined, correlationData: undefined },
      userProperties: [
        ['a', 'b'],
        ['a', 'c'],
      ],
    };
    const message = text('größe', {
      ...{ topic: 'haus/größe', qos: 2, retain: true, clientId: 'me', account: 'anna', address: '::1', properties },
      expiresAtMs: test.clock.monotonicMs() + 1000,
    });
    test.store.sessions.open('a', 'bert', FOREVER);
    const handing = { qos: 2, retain: true, identifiers: [1, 268_435_455], shared: '$share/g/#' } as const;
    test.store.sessions.get('a')?.queue.add(message, handing);
    await test.store.committed();
    const again = await test.again();
    const session = again.store.sessions.get('a');
    expect(session?.account).toBe('bert');
    const [entry] = await readAll(session?.queue ?? expect.fail());
    expect(entry).toMatchObject({ seq: 1, ...handing });
    const { topic, payload, qos, retain, clientId, account, address, expiresAtMs } = entry?.message ?? expect.fail();
    expect({ topic, qos, retain, clientId, account, address, expiresAtMs }).toEqual({
      ...{ topic: 'haus/größe', qos: 2, retain: true, clientId: 'me', account: 'anna', address: '::1' },
      expiresAtMs: message.expiresAtMs,
    });
    expect(payload.toString()).toBe('größe');
    const { isText, contentType, userProperties, raw: read } = entry?.message?.properties ?? expect.fail();
    expect({ isText, contentType, userProperties }).toEqual({
      ...{ isText: true, contentType: 'j', userProperties: properties.userProperties },
    });
    expect(read).toEqual(raw);
  });

  it('knows of each message who sent it, however alike the bytes of their ids are', async () => {
    const test = await openStore();
    const ids = ['a', 'a', 'b', '\u00c3\u00a9', '\u00e9', 'a'];
    const { queue } = test.store.sessions.open('x', undefined, FOREVER);
    for (const clientId of ids) queue.add(text('', { clientId, address: clientId, topic: clientId }), PLAIN);
    await test.store.committed();
    const again = await test.again();
    const read = await readAll(again.store.sessions.open('x', undefined, FOREVER).queue);
    const found = read.map(({ message }) => [message?.clientId, message?.address, message?.topic]);
    expect(found).toEqual(ids.map((id) => [id, id, id]));
  });

  it('does not hold the memory of everything that was read with it while it waits for a client that is here', async () => {
    const { store } = await openStore();
    const { queue } = store.sessions.open('a', undefined, FOREVER);
    const chunk = Buffer.alloc(1_000_000, 'x');
    queue.add(text('', { payload: chunk.subarray(5, 10) }), PLAIN);
    const [entry] = await queue.read(queue.firstSeq, 1);
    expect(entry?.message?.payload.toString()).toBe('xxxxx');
    expect(entry?.message?.payload.buffer.byteLength).toBeLessThan(100_000);
  });

  it('does not give what is worth nothing any more, and has room again', async () => {
    const test = await openStore({ maxQueued: 3 });
    const { queue } = test.store.sessions.open('a', undefined, FOREVER);
    queue.add(text('1'), PLAIN);
    queue.add(text('2', { expiresAtMs: test.clock.monotonicMs() + 1000 }), PLAIN);
    queue.add(text('3'), PLAIN);
    expect(queue.add(text('4'), PLAIN)).toBeUndefined();
    expect(test.told).toEqual(['full: a t']);
    test.clock.advance(1000);
    expect(await texts(queue)).toEqual(['1', '3']);
    expect(queue.add(text('5'), PLAIN)).toBe(4);
    await test.store.committed();
    expect(await texts((await test.again()).store.sessions.get('a')?.queue ?? expect.fail())).toEqual(['1', '3', '5']);
  });

  it.each(['here', 'away'])(
    'goes on behind what is worth nothing any more, where few are asked for and its client is %s',
    async (where) => {
      const test = await openStore();
      const { queue } = test.store.sessions.open('a', undefined, FOREVER);
      for (const old of ['1', '2']) queue.add(text(old, { expiresAtMs: test.clock.monotonicMs() + 1000 }), PLAIN);
      queue.add(text('3'), PLAIN);
      if (where === 'away') test.store.sessions.left('a', FOREVER);
      test.clock.advance(1000);
      expect((await queue.read(0, 1)).map(({ seq }) => seq)).toEqual([3]);
    },
  );

  it('finds what is still worth something behind any number of messages that are not', async () => {
    const test = await openStore({ maxQueuedBytes: 1e9, maxQueued: 1e6 });
    const { queue } = test.store.sessions.open('a', undefined, FOREVER);
    const expiresAtMs = test.clock.monotonicMs() + 1000;
    for (let count = 0; count < 3000; count++) queue.add(text('old', { expiresAtMs }), PLAIN);
    queue.add(text('new'), PLAIN);
    test.clock.advance(1000);
    expect((await queue.read(0, 1)).map(({ message }) => message?.payload.toString())).toEqual(['new']);
    expect(queue.count).toBe(1);
  });

  it('counts after a restart what it counted before', async () => {
    const test = await openStore();
    const { queue } = test.store.sessions.open('a', undefined, FOREVER);
    const raw = Buffer.from([3, 0, 1, 0x6a]);
    const properties = { raw, isText: false, contentType: 'j', responseTopic: undefined, correlationData: undefined };
    const handing = { qos: 1, retain: true, identifiers: [7, 8], shared: '$share/g/#' } as const;
    queue.add(
      text('1', { properties: { ...properties, userProperties: [] }, expiresAtMs: 1e9, account: 'a' }),
      handing,
    );
    queue.add(text('2', { clientId: undefined, address: '::1' }), PLAIN);
    queue.add(text('3'), PLAIN);
    queue.release(3);
    await test.store.committed();
    expect((await test.again()).store.sessions.get('a')?.queue.bytes).toBe(queue.bytes);
    expect(queue.bytes).toBe(102 + 4 + 102 + 100);
  });

  it('keeps what comes while it waits for the disk, although nothing else is left in it', async () => {
    const { store, db } = await openStore();
    store.sessions.open('a', undefined, FOREVER);
    store.sessions.left('a', FOREVER);
    await store.committed();
    const { queue } = store.sessions.get('a') ?? expect.fail();
    const begun: (() => void)[] = [];
    db.before = () => new Promise((resolve) => begun.push(resolve));
    const beginning = (count: number) => vi.waitUntil(() => begun[count - 1], { interval: 1, timeout: 20_000 });
    const first = queue.add(text('first'), PLAIN) ?? expect.fail();
    const reading = queue.read(first, 5);
    const finishFirst = await beginning(1);
    queue.remove(first);
    queue.add(text('second'), PLAIN);
    finishFirst();
    const finishSecond = await beginning(2);
    // Whatever is read now, the second is not on disk.
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
    db.before = () => {};
    finishSecond();
    expect((await reading).map(({ message }) => message?.payload.toString())).toEqual(['second']);
    expect(await texts(queue)).toEqual(['second']);
  });

  it('does not have what could not be written', async () => {
    const test = await openStore();
    const session = test.store.sessions.open('a', undefined, FOREVER);
    await test.store.committed();
    session.queue.add(text('1'), PLAIN);
    await test.store.committed();
    test.db.before = () => Promise.reject(new Error('disk full'));
    session.queue.add(text('2'), PLAIN);
    session.received.add(9);
    await expect(test.store.committed()).rejects.toThrow('disk full');
    test.db.before = () => {};
    // Its sender sends it again.
    expect(session.received.has(9)).toBe(false);
    session.queue.add(text('2'), PLAIN);
    expect(await texts(session.queue)).toEqual(['1', '2']);
    const { bytes } = session.queue;
    await test.store.committed();
    expect((await test.again()).store.sessions.get('a')?.queue.bytes).toBe(bytes);
  });

  it('leaves out what is damaged on the disk, and says so', async () => {
    const test = await openStore();
    const session = test.store.sessions.open('a', undefined, FOREVER);
    for (const body of ['1', '2', '3']) session.queue.add(text(body), PLAIN);
    await test.store.committed();
    (test.db.stored.get(test.db.keys('queue:')[1] ?? '') as Buffer)[8] = 0;
    const again = await test.again();
    expect(again.told.filter((line) => line.includes('is not what was written'))).toHaveLength(1);
    const queue = again.store.sessions.get('a')?.queue ?? expect.fail();
    expect([await texts(queue), queue.count]).toEqual([['1', '3'], 2]);
    // While the gateway runs.
    (test.db.stored.get(test.db.keys('queue:').at(-1) ?? '') as Buffer)[8] = 0;
    expect([await texts(queue), queue.count]).toEqual([['1'], 1]);
  });

  it('has the first messages ready for who comes back after a restart, and the others in their order behind them', async () => {
    const test = await openStore();
    const { queue } = test.store.sessions.open('a', undefined, FOREVER);
    for (let count = 1; count <= 40; count++) queue.add(text(`${count}`, { qos: 2 }), { ...PLAIN, qos: 2 });
    await test.store.committed();
    const { store } = await test.again();
    const waiting = store.sessions.get('a')?.queue ?? expect.fail();
    waiting.remove(1);
    waiting.remove(3);
    waiting.release(4);
    const back = store.sessions.open('a', undefined, FOREVER).queue;
    back.add(text('41'), PLAIN);
    const first = back.read(back.firstSeq, 3);
    if (first instanceof Promise) expect.fail('it has to wait for the disk');
    expect(first.map(({ message }) => message?.payload.toString())).toEqual(['2', undefined, '5']);
    const all = Array.from({ length: 41 }, (_, index) => (index === 3 ? '#4' : `${index + 1}`));
    expect(await texts(back)).toEqual(all.filter((body) => body !== '1' && body !== '3'));
  });

  it('knows what may have been sent: everything after a kill, nothing that came since its client left', async () => {
    const test = await openStore();
    const session = test.store.sessions.open('a', undefined, FOREVER);
    session.noteSending();
    session.noteSending();
    for (const body of ['1', '2']) session.queue.add(text(body), PLAIN);
    await test.store.committed();
    const { store } = await test.again();
    expect(store.sessions.get('a')?.sentSeq).toBe(3);
    const back = store.sessions.open('a', undefined, FOREVER);
    back.noteSending();
    back.queue.remove(1);
    back.queue.remove(2);
    store.sessions.left('a', FOREVER);
    expect(back.queue.add(text('3'), PLAIN)).toBe(3);
    await store.committed();
    const later = (await test.again()).store.sessions.get('a');
    expect([later?.sentSeq, later?.queue.firstSeq]).toEqual([3, 3]);
  });
});
