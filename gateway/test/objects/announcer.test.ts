import { describe, expect, it, vi } from 'vitest';
import { buildObjects, put, Recipient } from './objects-house.ts';
import { read } from './support.ts';

describe('a recipient who is away', () => {
  it('is told when it joins', async () => {
    const { objects, hub, clock } = await buildObjects();
    await put(objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    const bert = new Recipient('bert');
    hub.join(bert);
    clock.advance(30_000);
    expect(await bert.next()).toMatchObject({ body: 'a.txt' });
    clock.advance(600_000);
    expect(bert.received).toHaveLength(1);
  });

  it('is waited for though others watch every channel, who get the message where it does not come', async () => {
    const { objects, hub, clock } = await buildObjects({ uploads: { recipientMs: 60_000 } });
    const watcher = new Recipient('watcher');
    hub.join(watcher);
    hub.subscribe(watcher, '#');
    const bert = new Recipient('bert');
    hub.join(bert);
    hub.leave(bert, 'closed');
    await put(objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    hub.join(bert);
    clock.advance(1000);
    expect(await bert.next()).toMatchObject({ body: 'a.txt' });
    expect(watcher.received).toEqual([]);
    hub.leave(bert, 'closed');
    await put(objects, 'hello', { to: 'bert', name: 'b.txt' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    await vi.waitFor(() => {
      // It may be stored a moment before its recipient is looked for.
      clock.advance(120_000);
      expect(objects.counts().unheard).toBe(0);
    });
    expect(await watcher.next()).toMatchObject({ to: 'bert', body: 'b.txt' });
    expect(bert.received).toHaveLength(1);
  });

  it('is not waited for where others subscribe to its name, as that is a channel then', async () => {
    const { objects, hub } = await buildObjects();
    const bert = new Recipient('bert');
    hub.join(bert);
    hub.leave(bert, 'closed');
    const other = new Recipient('other');
    hub.join(other);
    hub.subscribe(other, 'bert');
    await put(objects, 'hello', { to: 'bert' });
    expect(await other.next()).toMatchObject({ to: 'bert', body: 'a.txt' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(0));
  });

  it('is told after a restart of the gateway', async () => {
    const house = await buildObjects();
    await put(house.objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(house.objects.counts().unheard).toBe(1));
    await house.objects.close();
    await house.reopen();
    const bert = new Recipient('bert');
    house.hub.join(bert);
    house.clock.advance(1000);
    expect(await bert.next()).toMatchObject({ body: 'a.txt', objectSize: 5 });
  });

  it.each([1, -1, 8760])('is waited for no shorter or longer where the wall clock steps by %d hours', async (hours) => {
    const { objects, clock } = await buildObjects({ uploads: { recipientMs: 600_000 } });
    await put(objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    clock.jumpTo(clock.now() + hours * 3_600_000);
    clock.advance(590_000);
    expect(objects.counts().unheard).toBe(1);
    await vi.waitFor(() => {
      // It may be stored a moment before its recipient is looked for again.
      clock.advance(5000);
      expect(objects.counts().unheard).toBe(0);
    });
  });

  it('is waited for over a restart for what was left, though the wall clock stepped', async () => {
    const house = await buildObjects({ uploads: { recipientMs: 600_000 } });
    await put(house.objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(house.objects.counts().unheard).toBe(1));
    house.clock.advance(500_000);
    await house.objects.close();
    house.clock.jumpTo(house.clock.now() - 3_600_000);
    await house.reopen();
    house.clock.advance(99_000);
    expect(house.objects.counts().unheard).toBe(1);
    house.clock.advance(31_000);
    await vi.waitFor(() => expect(house.objects.counts().unheard).toBe(0));
  });

  it('is not waited for for ever', async () => {
    const { objects, clock, log } = await buildObjects({ uploads: { recipientMs: 60_000 } });
    const { key } = await put(objects, 'hello', { to: 'bert' });
    await vi.waitFor(() => expect(objects.counts().unheard).toBe(1));
    await vi.waitFor(() => {
      // It may be stored a moment before its recipient is looked for.
      clock.advance(120_000);
      expect(objects.counts().unheard).toBe(0);
    });
    expect(log.lines).toEqual([expect.stringMatching(/^warn nobody was there/)]);
    expect(await read(objects.store, key)).toBe('hello');
  });
});
