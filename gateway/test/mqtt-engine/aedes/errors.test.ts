import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { faultOf, isGoneError } from '../../../src/mqtt-engine/aedes/faults.ts';
import type { CoreClient } from '../../../src/mqtt-engine/aedes/private.ts';
import { type BareBroker, startBare, turns, until } from './support.ts';

/** Bare aedes, and what it says of connections that it ends: before and after they had an id. */
async function startHearing(options: object = {}): Promise<BareBroker & { errors: [string, Error][] }> {
  const errors: [string, Error][] = [];
  const hear = (event: string) => (_client: CoreClient, error: Error) => errors.push([event, error]);
  const events = { clientError: hear('clientError'), connectionError: hear('connectionError') };
  return { ...(await startBare({}, { events, options })), errors };
}

// Each text is matched in aedes/faults.ts: with another, the log calls a slow or old client one that sends rubbish.
describe('the words of aedes by which faults.ts knows', () => {
  it('a client that is silent are “keep alive timeout”', async () => {
    const { connect, errors } = await startHearing();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    await connect({ keepalive: 1 });
    vi.advanceTimersByTime(1501);
    const [event, error] = errors[0] as [string, Error];
    expect(event).toBe('clientError');
    expect(faultOf(error, 1)).toMatchObject({ code: 'PEER_TIMEOUT', reason: 'timeout' });
  });

  it('a connection that sends no CONNECT are “connect did not arrive in time”', async () => {
    const { dial, errors } = await startHearing({ connectTimeout: 1 });
    dial();
    await until(() => errors.length > 0);
    const [event, error] = errors[0] as [string, Error];
    expect(event).toBe('connectionError');
    expect(faultOf(error, 1)).toMatchObject({ code: 'PEER_TIMEOUT', what: 'sent no CONNECT for 1 ms' });
  });

  it('a client of MQTT 5 are “unacceptable protocol version”, with a CONNACK that says so', async () => {
    const { dial, errors } = await startHearing();
    const client = dial();
    client.introduce({ protocolVersion: 5 });
    await until(() => errors.length > 0);
    expect(faultOf((errors[0] as [string, Error])[1], 1).what).toMatch(/^speaks MQTT 5/);
  });

  it('a stream that is destroyed before its end are none, or “Premature close” of Node, which is told to nobody', async () => {
    const { connect, errors } = await startHearing();
    const client = await connect();
    client.near.destroy();
    await until(() => client.core.closed);
    await turns();
    for (const [, error] of errors) expect(isGoneError(error, true)).toBe(true);
  });
});
