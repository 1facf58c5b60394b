import { describe, expect, it } from 'vitest';
import { MetricsRegistry } from '../../src/observability/metrics.ts';
import { FairPlaces, PLACE_REFUSALS } from '../../src/web/fair-places.ts';

const overShare = expect.objectContaining({ code: 'PEER_TOO_MANY', status: 429 });
const overAll = expect.objectContaining({ code: 'PEER_TOO_MANY', status: 503 });

describe('places', () => {
  const metrics = new MetricsRegistry();
  const places = (max: number): FairPlaces => new FairPlaces('event streams', max, metrics);

  it('are shared by all addresses of one IPv6 network', () => {
    const all = places(4);
    all.take('2001:db8::1').belongsTo({ peer: '2001:db8::1', proof: 'none', account: undefined });
    const other = all.take('2001:db8::2');
    expect(() => other.belongsTo({ peer: '2001:db8::2', proof: 'none', account: undefined })).toThrow(overShare);
    other.free();
    all.take('2001:db8:0:1::1').belongsTo({ peer: '2001:db8:0:1::1', proof: 'none', account: undefined });
  });

  it('are kept from no account by strangers at its address, who are a share together', () => {
    const all = places(8);
    const peer = '10.0.0.7:4000';
    const [stranger] = [all.take(peer), all.take('10.0.0.7:4001')];
    expect(() => all.take(peer)).toThrow(overShare);
    stranger?.free();
    const anna = all.take(peer);
    anna.belongsTo({ peer, proof: 'token', account: 'anna' });
    anna.belongsTo({ peer, proof: 'token', account: 'anna' });
    all.take(peer);
  });

  it("are an account's wherever it comes from, and of the owner's commands apart", () => {
    const all = places(4);
    const join = (peer: string, proof: 'token' | 'operator', account?: string): void => {
      const place = all.take(peer);
      try {
        place.belongsTo({ peer, proof, account });
      } catch (error) {
        place.free();
        throw error;
      }
    };
    join('10.0.0.1', 'token', 'anna');
    expect(() => join('10.0.0.2', 'token', 'anna')).toThrow(/^anna has 1 event streams/);
    join('10.0.0.1', 'token', '10.0.0.1');
    join('127.0.0.1', 'operator');
    expect(metrics.counters(PLACE_REFUSALS).of({ kind: 'streams', limit: 'share' }).value).toBe(3);
  });

  it('are given back once, and no more than there are', () => {
    const all = places(2);
    const first = all.take('10.0.0.1');
    all.take('10.0.0.2');
    expect(() => all.take('10.0.0.3')).toThrow(overAll);
    first.free();
    first.free();
    all.take('10.0.0.3');
    expect(() => all.take('10.0.0.4')).toThrow(overAll);
    expect(metrics.counters(PLACE_REFUSALS).of({ kind: 'streams', limit: 'all' }).value).toBe(2);
  });
});
