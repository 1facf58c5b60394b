import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Lifetime } from '../../src/cli/lifetime.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function begin() {
  const process = new EventEmitter();
  const seen: string[] = [];
  const lifetime = new Lifetime(process, {
    fault: (error) => seen.push(`fault ${error}`),
    overdue: () => seen.push('overdue'),
    exit: (code) => seen.push(`exit ${code}`),
  });
  return { process, seen, lifetime };
}

describe('the life of a gateway', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'])('ends well on %s', async (signal) => {
    const { process, lifetime, seen } = begin();
    expect(lifetime.ending).toBe(false);
    process.emit(signal, signal);
    expect(await lifetime.end).toEqual({ why: signal, exitCode: 0 });
    expect(lifetime.ending).toBe(true);
    expect(seen).toEqual([]);
  });

  it('ends at once on a second signal', () => {
    const { process, seen } = begin();
    process.emit('SIGINT');
    vi.advanceTimersByTime(500);
    process.emit('SIGINT');
    expect(seen).toEqual(['exit 1']);
  });

  it('takes the echo of a signal, which npm passes on, for the same', () => {
    const { process, seen } = begin();
    process.emit('SIGINT');
    vi.advanceTimersByTime(20);
    process.emit('SIGINT');
    expect(seen).toEqual([]);
  });

  it('ends within two seconds, however slow the goodbyes are', () => {
    const { process, seen } = begin();
    process.emit('SIGTERM');
    vi.advanceTimersByTime(1899);
    expect(seen).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(['overdue', 'exit 0']);
  });

  it('goes on after a promise that nobody caught', () => {
    const { process, seen, lifetime } = begin();
    process.emit('unhandledRejection', new Error('lost'));
    expect(seen).toEqual(['fault Error: lost']);
    expect(lifetime.ending).toBe(false);
  });

  it('saves and fails after an exception that nobody caught', async () => {
    const { process, seen, lifetime } = begin();
    process.emit('uncaughtException', new Error('broken'));
    expect(await lifetime.end).toEqual({ why: 'exception', exitCode: 1 });
    process.emit('uncaughtException', new Error('again'));
    expect(seen).toEqual(['fault Error: broken', 'fault Error: again']);
  });
});
