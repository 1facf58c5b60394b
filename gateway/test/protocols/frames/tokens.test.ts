import { CODES, type Frame } from '@crosscomm/protocol';
import { describe, expect, it } from 'vitest';
import type { TokenWish } from '../../../src/access/token-offers.ts';
import { buildFrameHouse } from './support.ts';

const TOKEN = 'vN3kQ8wZ1xY7bC5dE2fG4hJ6kL9mP0rS';

/** A house whose devices are offered a token, and what became of the offers. */
function house(endsSession = false) {
  const became: string[] = [];
  const offer = {
    token: TOKEN,
    endsSession,
    stored: () => became.push('stored'),
    failed: () => became.push('failed'),
  };
  const offerToken = (_: unknown, { storesTokens }: TokenWish) => (storesTokens ? offer : undefined);
  return { ...buildFrameHouse({ offerToken }), became };
}

const tokensIn = (frames: Frame[]) => frames.filter(({ type }) => type === 'token');

describe('a token for a device', () => {
  it('is offered to one that can store it, behind its Welcome, and to no other', () => {
    const { open } = house();
    expect(tokensIn(open().take())).toEqual([]);
    const device = open({ deviceId: 'uno-2', storesTokens: true, maxFrame: 48 });
    expect(device.take()).toEqual([{ type: 'token', n: 1, token: TOKEN, code: CODES.ok }]);
  });

  it('is offered again until it is answered, and its answer counts once', () => {
    const { became, clock, open } = house();
    const device = open({ storesTokens: true });
    clock.advance(500);
    clock.advance(1000);
    const [{ n } = { n: 0 }, ...others] = tokensIn(device.take()) as { n: number }[];
    expect(others).toHaveLength(2);
    device.say({ type: 'token', n: n + 1 }, { type: 'token', n }, { type: 'token', n });
    clock.advance(60_000);
    expect(became).toEqual(['stored']);
    expect(tokensIn(device.take())).toEqual([]);
  });

  it('that is never answered is given up after eight times more', () => {
    const { became, clock, open } = house();
    const device = open({ storesTokens: true });
    for (let seconds = 0; seconds < 60; seconds++) {
      clock.advance(1000);
      device.say({ type: 'ping' });
    }
    expect(tokensIn(device.take())).toHaveLength(9);
    expect(became).toEqual(['failed']);
  });

  it('of another account ends its session, which waits for the device to come back', () => {
    const { clock, hub, open } = house(true);
    const device = open({ storesTokens: true });
    device.take();
    device.say({ type: 'token', n: 0 }, { type: 'ping', n: 1 });
    expect(device.take()).toMatchObject([{ type: 'error', code: CODES.not_welcome_yet }]);
    expect(hub.session('uno-1')).toBeDefined();
    clock.advance(10_000);
    expect(hub.session('uno-1')).toBeUndefined();
  });

  it('that cannot be stored is reported, and the device goes on', () => {
    const { became, incidents, open } = house();
    const device = open({ storesTokens: true });
    device.say({ type: 'token', n: 0, code: CODES.storage_full }, { type: 'ping', n: 4 });
    expect(became).toEqual(['failed']);
    expect(incidents.counts()).toEqual({ 'frames PEER_NOT_ALLOWED': 1 });
    expect(device.take().at(-1)).toMatchObject({ type: 'pong', n: 4 });
  });

  it('is not offered any more over a link that is gone', () => {
    const { became, clock, open } = house();
    const device = open({ storesTokens: true });
    device.unplug();
    device.take();
    clock.advance(60_000);
    expect(device.take()).toEqual([]);
    expect(became).toEqual([]);
  });
});
