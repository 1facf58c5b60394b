import { readdirSync, readFileSync, statSync } from 'node:fs';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { version } from 'node:process';
import { Counter, Gauge, Histogram, type Registry, type RegistryContentType } from 'prom-client';

/**
 * Adds what is usual for a process of Node, by the names that prom-client and most dashboards know. prom-client's own collection is not
 * used: it wakes the processor a hundred times a second to measure the event loop, which is measured anyway; it lists every handle, of
 * which each client is one; and it counts only the first of the garbage collections that it is told of together.
 */
export function addProcessMetrics<Form extends RegistryContentType>(registry: Registry<Form>): void {
  const counter = (name: string, help: string, read: () => number): void =>
    registry.registerMetric(
      new Counter({
        ...{ name, help, registers: [] },
        collect() {
          this.reset();
          this.inc(read());
        },
      }),
    );
  const gauge = (name: string, help: string, read: () => number | undefined): void =>
    registry.registerMetric(
      new Gauge({
        ...{ name, help, registers: [] },
        collect() {
          const value = read();
          if (value === undefined) this.remove();
          else this.set(value);
        },
      }),
    );
  const { user, system } = secondsOfProcessor();
  counter('process_cpu_user_seconds_total', 'Processor time in the program, in seconds.', user);
  counter('process_cpu_system_seconds_total', 'Processor time in the system for it, in seconds.', system);
  counter('process_cpu_seconds_total', 'Processor time together, in seconds.', () => user() + system());
  const startS = Date.now() / 1000 - process.uptime();
  gauge('process_start_time_seconds', 'When the process began, in seconds since 1970.', () => startS);
  gauge('process_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss());
  gauge('process_virtual_memory_bytes', 'Address space of the process.', virtualBytes);
  gauge('process_open_fds', 'Open file descriptors.', openDescriptors);
  gauge('process_max_fds', 'How many file descriptors may be open.', mostDescriptors);
  gauge('nodejs_heap_size_total_bytes', "Size of V8's heap.", () => process.memoryUsage().heapTotal);
  gauge('nodejs_heap_size_used_bytes', "What of V8's heap is in use.", () => process.memoryUsage().heapUsed);
  gauge('nodejs_external_memory_bytes', 'Memory outside of the heap.', () => process.memoryUsage().external);
  const [major = '', minor = '', patch = ''] = version.slice(1).split('.');
  const info = new Gauge({
    ...{ name: 'nodejs_version_info', help: 'The version of Node.', registers: [] },
    labelNames: ['version', 'major', 'minor', 'patch'],
  });
  info.set({ version, major, minor, patch }, 1);
  registry.registerMetric(info);
}

const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** What Node tells of a garbage collection; its types leave out the detail. */
type Collection = PerformanceEntry & { detail?: { kind?: number } };

/** Counts garbage collections from now on. */
export function watchGarbage(): Histogram<'kind'> {
  const pauses = new Histogram({
    ...{ name: 'nodejs_gc_duration_seconds', help: 'Garbage collections by kind, since the metrics were first read.' },
    ...{ labelNames: ['kind'] as const, buckets: [0.001, 0.01, 0.1, 1], registers: [] },
  });
  for (const kind of Object.values(KINDS)) pauses.zero({ kind });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Collection[]) {
      pauses.observe({ kind: KINDS[entry.detail?.kind ?? 0] ?? 'other' }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return pauses;
}

function secondsOfProcessor(): { user: () => number; system: () => number } {
  return {
    user: () => process.cpuUsage().user / 1e6,
    system: () => process.cpuUsage().system / 1e6,
  };
}

/** What a file of /proc says; undefined where there is none. */
function proc(name: string): string | undefined {
  try {
    return readFileSync(`/proc/self/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

function virtualBytes(): number | undefined {
  const kilobytes = Number(/^VmSize:\s+(\d+)/m.exec(proc('status') ?? '')?.[1]);
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : undefined;
}

function mostDescriptors(): number | undefined {
  const most = Number(/^Max open files\s+(\d+)/m.exec(proc('limits') ?? '')?.[1]);
  return Number.isFinite(most) ? most : undefined;
}

/** Linux 6.2 and later say it as the size of the folder; listing takes milliseconds with thousands of clients. */
function openDescriptors(): number | undefined {
  const folder = '/proc/self/fd';
  try {
    return statSync(folder).size || readdirSync(folder).length;
  } catch {
    return undefined;
  }
}
