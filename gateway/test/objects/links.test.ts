import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ObjectLinks } from '../../src/objects/links.ts';
import { buildObjects } from './objects-house.ts';

describe('the address of an object', () => {
  it('works for its key and its time alone', async () => {
    const { objects, clock } = await buildObjects({ objects: { linkMs: 60_000 } });
    const url = new URL(objects.links.urlOf('a/b c.txt') ?? '');
    expect(url.pathname).toBe('/objects/a/b%20c.txt');
    const signed = {
      expires: url.searchParams.get('expires') ?? '',
      signature: url.searchParams.get('signature') ?? '',
    };
    expect(objects.links.check('a/b c.txt', signed)).toBe('valid');
    expect(objects.links.check('a/b', signed)).toBe('wrong');
    expect(objects.links.check('a/b c.txt', { ...signed, expires: `${signed.expires}0` })).toBe('wrong');
    expect(objects.links.check('a/b c.txt', { ...signed, signature: '' })).toBe('wrong');
    clock.advance(61_000);
    expect(objects.links.check('a/b c.txt', signed)).toBe('expired');
  });

  it.each([1, -1, 87_600])('works for no shorter or longer where the wall clock steps by %d hours', async (hours) => {
    const { objects, clock } = await buildObjects({ objects: { linkMs: 60_000 } });
    const { searchParams } = new URL(objects.links.urlOf('a') ?? '');
    const signed = { expires: searchParams.get('expires') ?? '', signature: searchParams.get('signature') ?? '' };
    clock.jumpTo(clock.now() + hours * 3_600_000);
    clock.advance(59_000);
    expect(objects.links.check('a', signed)).toBe('valid');
    clock.advance(2000);
    expect(objects.links.check('a', signed)).toBe('expired');
  });

  it('of an earlier version ends when that one meant it to, by the wall clock', async () => {
    const { clock } = await buildObjects();
    const options = { secret: Buffer.alloc(32, 7), lifetimeMs: 60_000 };
    const earlier = new ObjectLinks({
      ...options,
      clock: Object.create(clock, { monotonicMs: { value: () => clock.now() } }),
    });
    earlier.base = 'http://gateway';
    const { searchParams } = new URL(earlier.urlOf('a') ?? '');
    const signed = { expires: searchParams.get('expires') ?? '', signature: searchParams.get('signature') ?? '' };
    const links = new ObjectLinks({ ...options, clock });
    clock.advance(59_000);
    expect(links.check('a', signed)).toBe('valid');
    clock.advance(2000);
    expect(links.check('a', signed)).toBe('expired');
  });

  it('works after a restart, as the secret is kept for this user alone', async () => {
    const house = await buildObjects();
    const url = new URL(house.objects.links.urlOf('a') ?? '');
    const signed = {
      expires: url.searchParams.get('expires') ?? '',
      signature: url.searchParams.get('signature') ?? '',
    };
    const objects = await house.reopen();
    expect(objects.links.check('a', signed)).toBe('valid');
    expect(statSync(join(house.dataDir, 'links.secret')).mode & 0o777).toBe(0o600);
  });
});
