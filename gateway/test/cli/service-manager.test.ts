import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { startPython } from '@crosscomm/testing/python';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Notify, serviceManager } from '../../src/cli/service-manager.ts';

describe('a gateway that systemd started with Type=notify', () => {
  it('says when it is ready, that it works, and when it ends', async () => {
    const path = join(await temporaryFolder(), 'notify');
    const socket = startPython('notify socket', 'notify_socket.py', [path]);
    onTestFinished(async () => void (await socket.stop()));
    await socket.take('listening');
    const gateway = new GatewayProcess({}, { NOTIFY_SOCKET: path, WATCHDOG_USEC: '300000' });
    onTestFinished(() => gateway.dispose());

    const { http } = await gateway.start();
    await socket.take('READY', { value: '1' });
    expect((await fetch(`http://127.0.0.1:${http.port}/healthz`)).status).toBe(200);
    await socket.take('STATUS', { value: `Ready at port ${http.port}.` });
    await socket.take('WATCHDOG', { value: '1' });
    await socket.take('WATCHDOG', { value: '1' });
    expect(await gateway.stop()).toBe(0);
    await socket.take('STOPPING', { value: '1' });
  });
});

describe('what systemd is told', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const SOCKET = { NOTIFY_SOCKET: '/run/systemd/notify' };

  function managerWith(env: NodeJS.ProcessEnv, notify = vi.fn<Notify>(async () => {})) {
    const log = new MemoryLog();
    return { notify, log, manager: serviceManager(env, { log, notify }) };
  }

  it('is nothing where it did not start the gateway', () => {
    expect(managerWith({ WATCHDOG_USEC: '60000000' }).manager).toBeUndefined();
  });

  it('is one sign in a third of the time that the watchdog waits, until the gateway ends', async () => {
    const { manager, notify } = managerWith({ ...SOCKET, WATCHDOG_USEC: '60000000', WATCHDOG_PID: `${process.pid}` });
    await manager?.ready('Ready.');
    notify.mockClear();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(notify.mock.calls).toEqual([[['WATCHDOG=1']], [['WATCHDOG=1']], [['WATCHDOG=1']]]);
    await manager?.stopping();
    notify.mockClear();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(notify).not.toHaveBeenCalled();
  });

  it.each([
    ['the unit has no watchdog', {}],
    ['the watchdog is for another process', { WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1' }],
  ])('is no sign where %s', async (_, env) => {
    const { manager, notify } = managerWith({ ...SOCKET, ...env });
    await manager?.ready('Ready.');
    await vi.advanceTimersByTimeAsync(120_000);
    expect(notify.mock.calls).toEqual([[['READY=1', 'STATUS=Ready.']]]);
  });

  it('is missed in one line of the log, however often it fails', async () => {
    const failing = vi.fn<Notify>(() => Promise.reject(new Error('spawn systemd-notify ENOENT')));
    const { manager, log } = managerWith({ ...SOCKET, WATCHDOG_USEC: '60000000' }, failing);
    await manager?.ready('Ready.');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failing).toHaveBeenCalledTimes(4);
    expect(log.lines).toEqual([expect.stringMatching(/^warn .*systemd-notify failed/)]);
  });
});
