import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type TestClient, TestGateway } from './support/gateway.ts';

const TIMEOUT_MS = 60_000;
const gateway = new TestGateway();

beforeAll(() => gateway.start());
afterEach(() => gateway.logoutAll());
afterAll(() => gateway.dispose());

/** The variable's value, once it has one, as its handler is told it. */
function nextValue(client: TestClient, channel: string, key = 'light'): Promise<unknown> {
  const variable = client.service.variable(channel, key, { keep: true });
  return new Promise((resolve) => variable.onChange(resolve));
}

describe('a variable that is kept', () => {
  test('has its value again when its program starts again, also after a restart of the gateway', async () => {
    const ann = await gateway.login('ann');
    const variable = ann.service.variable<number>('room-1', 'light', { keep: true });
    await variable.set(42);
    await gateway.logoutAll();
    expect(await nextValue(await gateway.login('ann'), 'room-1')).toBe(42);
    await gateway.logoutAll();
    await gateway.stop();
    await gateway.start();
    const again = gateway.client('ann');
    const value = nextValue(again, 'room-1');
    await again.service.login();
    expect(await value).toBe(42);
  });

  test('has what somebody set who does not know that it is kept, while its program was away', async () => {
    const ann = await gateway.login('ann');
    const fan = ann.service.variable('room-2', 'fan', { keep: true });
    await fan.set(true);
    ann.service.variable('room-2', 'light', { keep: true });
    await ann.service.send('room-2', {});
    await ann.service.logout();
    const ben = await gateway.login('ben');
    await ben.service.variable('room-2', 'light').set(7);
    const later = await gateway.login('ann');
    expect(await Promise.all([nextValue(later, 'room-2'), nextValue(later, 'room-2', 'fan')])).toEqual([7, true]);
  });

  test('is what its program sets before it has heard of what is kept', async () => {
    const ann = await gateway.login('ann');
    await ann.service.variable('room-3', 'light', { keep: true }).set(1);
    const ben = await gateway.login('ben');
    const heard: unknown[] = [];
    const variable = ben.service.variable<number>('room-3', 'light', { keep: true });
    variable.onChange((value) => heard.push(value));
    await variable.set(2);
    expect([variable.get(), heard]).toEqual([2, []]);
    expect(await nextValue(await gateway.login('cid'), 'room-3')).toBe(2);
  });

  test('is forgotten where somebody says so, and keeps nothing of it', async () => {
    const ann = await gateway.login('ann');
    const variable = ann.service.variable('room-4', 'light', { keep: true });
    await variable.set(1);
    await variable.forget();
    expect(variable.get()).toBeUndefined();
    const ben = await gateway.login('ben');
    const light = ben.service.variable('room-4', 'light', { keep: true });
    const fan = nextValue(ben, 'room-4', 'fan');
    // Answered after what was asked before: ben listens now.
    await ben.service.getOnlineClients();
    await ann.service.send('room-4', { fan: 1 });
    await fan;
    expect(light.get()).toBeUndefined();
  });

  test('that somebody ended is kept anew from the next time that its program sets it', async () => {
    const ann = await gateway.login('ann');
    const variable = ann.service.variable<number>('room-7', 'light', { keep: true });
    await variable.set(1);
    await variable.forget();
    await variable.set(2);
    const ben = await gateway.login('ben');
    expect(await nextValue(ben, 'room-7')).toBe(2);
    const heard = new Promise((resolve) => variable.onChange(resolve));
    await ben.service.send('room-7', { light: null });
    expect(await heard).toBeNull();
    await variable.set(3);
    expect(await nextValue(await gateway.login('cid'), 'room-7')).toBe(3);
  });

  test('is the same for an OOCSI program, each time that it starts', { timeout: TIMEOUT_MS }, async () => {
    const ann = await gateway.login('ann');
    const light = ann.service.variable<number>('room-5', 'light', { keep: true });
    await light.set(5);
    expect(await inPython(async (python) => await valueIn(python))).toBe(5);
    await inPython(async (python) => {
      const changed = new Promise((resolve) => light.onChange(resolve));
      await valueIn(python);
      python.command({ do: 'set_variable', key: 'light', value: 8 });
      expect(await changed).toBe(8);
    });
    expect(await inPython(async (python) => await valueIn(python))).toBe(8);
    expect(await nextValue(await gateway.login('ben'), 'room-5')).toBe(8);
  });

  test('may be one that an OOCSI program has kept by _RETAIN', { timeout: TIMEOUT_MS }, async () => {
    await inPython(async (python) => {
      python.command({ do: 'send', channel: 'room-6', data: { light: 1, _RETAIN: 'keep' } });
      python.command({ do: 'send', channel: 'room-6', data: { light: 2 } });
      await settle(python);
    });
    await gateway.stop();
    await gateway.start();
    expect(await nextValue(await gateway.login('ben'), 'room-6')).toBe(2);
  });
});

/** Runs an unmodified oocsi program. */
async function inPython<T>(run: (python: Program) => Promise<T>): Promise<T> {
  const python = startPython('python', 'oocsi_agent.py');
  try {
    python.command({ do: 'connect', handle: 'python', ...gateway.oocsi });
    await python.take('connected', {}, TIMEOUT_MS);
    return await run(python);
  } finally {
    await python.stop();
  }
}

/** Waits until the gateway has carried out everything that the program said before, and the program has what that brought. */
async function settle(python: Program): Promise<void> {
  python.command({ do: 'send', channel: 'python', data: { settled: true } });
  await python.take('message', { data: { settled: true } });
}

async function valueIn(python: Program): Promise<unknown> {
  python.command({ do: 'variable', channel: 'room-5', key: 'light' });
  await settle(python);
  python.command({ do: 'get_variable', key: 'light' });
  return (await python.take('variable')).value;
}
