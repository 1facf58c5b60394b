import { describe, expect, it } from 'vitest';
import { ObjectError } from '../../src/objects/contract.ts';
import { begin, buildObjects, FlakyStore, type ObjectsHouse, put } from './objects-house.ts';
import { read } from './support.ts';

/** Begins an upload and leaves it, after some of its content. */
async function leave({ objects, clock }: ObjectsHouse, from: string, token: string, address = '10.0.0.1') {
  const upload = await begin(objects, { from, token, address });
  await upload.append(Buffer.from('01234'));
  await upload.suspend();
  clock.advance(1);
}

const tokensOf = ({ objects }: ObjectsHouse) => objects.uploads.inState('receiving').map(({ token }) => token);

describe('uploads that are begun and left', () => {
  it('of one client make room for its own, and nobody else’s', async () => {
    const house = await buildObjects({ uploads: { maxReceiving: 8 } });
    await leave(house, 'cam', 'kept', '10.0.0.2');
    for (const token of ['1', '2', '3']) await leave(house, 'bad', token);
    expect(tokensOf(house)).toEqual(['kept', '2', '3']);
    expect(house.log.lines).toEqual([expect.stringMatching(/^warn .* made room for another$/)]);
  });

  it('under another’s name, from elsewhere, take nothing from its owner', async () => {
    const house = await buildObjects({ uploads: { maxReceiving: 8 } });
    for (const token of ['a', 'b']) await leave(house, 'cam', token, '10.0.0.2');
    for (const token of ['1', '2', '3']) await leave(house, 'cam', token);
    expect(tokensOf(house)).toEqual(['a', 'b', '2', '3']);
  });

  it('of one address are half of all at most, whatever names it has', async () => {
    const house = await buildObjects({ uploads: { maxReceiving: 8 } });
    for (let index = 0; index < 10; index++) await leave(house, `bad-${index}`, `${index}`);
    expect(tokensOf(house)).toEqual(['6', '7', '8', '9']);
    await leave(house, 'cam', 'mine', '10.0.0.2');
    expect(tokensOf(house)).toContain('mine');
  });

  it('of one network of IPv6 count as those of one address', async () => {
    const house = await buildObjects({ uploads: { maxReceiving: 8 } });
    for (let index = 0; index < 10; index++) await leave(house, 'bad', `${index}`, `2001:db8:0:1::${index}`);
    expect(tokensOf(house)).toEqual(['8', '9']);
    for (let index = 0; index < 10; index++)
      await leave(house, `bad-${index}`, `b${index}`, `2001:db8:0:1::a:${index}`);
    expect(tokensOf(house)).toEqual(['b6', 'b7', 'b8', 'b9']);
    await leave(house, 'cam', 'mine', '2001:db8:0:2::1');
    expect(tokensOf(house)).toContain('mine');
  });

  it('let in everyone else, where they fill it all: the one that rests for longest goes', async () => {
    const house = await buildObjects({ uploads: { maxReceiving: 8 } });
    for (let index = 0; index < 8; index++) await leave(house, `c${index}`, `${index}`, `10.0.0.${index}`);
    const going = await begin(house.objects, { from: 'c0', token: '0', address: '10.0.0.0' });
    await leave(house, 'new', 'new', '10.0.1.1');
    expect(tokensOf(house)).toEqual(['0', '2', '3', '4', '5', '6', '7', 'new']);
    await going.append(Buffer.from('5'));
    expect(going.offset).toBe(6);
  });

  it('are told of in the log once in ten seconds, with how many there were', async () => {
    const house = await buildObjects({ uploads: { maxReceiving: 8 } });
    for (let index = 0; index < 20; index++) await leave(house, 'bad', `${index}`);
    house.clock.advance(10_000);
    await leave(house, 'bad', 'last');
    expect(house.log.contexts).toMatchObject([{ times: 1 }, { times: 18 }]);
  });

  it('count after a restart too', async () => {
    const house = await buildObjects({ uploads: { maxReceiving: 8 } });
    for (const token of ['1', '2']) await leave(house, 'bad', token);
    await house.reopen();
    await leave(house, 'bad', '3');
    expect(tokensOf(house)).toEqual(['2', '3']);
  });

  it('make room where the bytes for uploads are spent, and what is complete never does', async () => {
    const store = new FlakyStore();
    store.fault = new ObjectError('unavailable', 'The store is away.');
    const house = await buildObjects({ uploads: { maxTotalBytes: 256 }, openStore: store.open });
    const { key } = await put(house.objects, 'x'.repeat(246));
    for (const token of ['1', '2']) await leave(house, 'bad', token);
    const next = await begin(house.objects, { from: 'cam' });
    await next.append(Buffer.from('abcde'));
    expect(tokensOf(house)).toEqual(['2', undefined]);
    await expect(begin(house.objects, { from: 'cam', size: 6 })).rejects.toMatchObject({ code: 'full' });
    expect(tokensOf(house)).toEqual(['2', undefined]);
    expect(await read(house.objects.store, key)).toBe('x'.repeat(246));
  });
});

it('25 boards behind one address, each with all that it may begin and leave, have room', async () => {
  const house = await buildObjects();
  const perBoard = 4 + 8;
  for (let board = 0; board < 25; board++) {
    for (let index = 0; index < perBoard; index++) await leave(house, `board-${board}`, `${index}`);
  }
  expect(tokensOf(house)).toHaveLength(25 * perBoard);
});

it('whoever has all of its share going on is told so', async () => {
  const { objects } = await buildObjects({ uploads: { maxReceiving: 8 } });
  for (const token of ['1', '2']) await begin(objects, { from: 'cam', token });
  await expect(begin(objects, { from: 'cam', token: '3' })).rejects.toMatchObject({
    code: 'too_many',
    message: expect.stringContaining('of this client'),
  });
});
