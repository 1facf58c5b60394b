import { execFile } from 'node:child_process';
import type { Log } from '../common/log.ts';

/** Tells the service manager variables such as `READY=1`; rejects where that failed. */
export type Notify = (variables: readonly string[]) => Promise<void>;

export interface ServiceManagerOptions {
  log: Pick<Log, 'warn'>;
  /** By default systemd-notify, as Node has no datagram sockets of the kind that systemd listens on. */
  notify?: Notify;
}

/** So many times in the time after which systemd takes the gateway for hung, which leaves room for a slow moment. */
const PINGS_IN_TIME = 3;
const TIMEOUT_MS = 10_000;

/**
 * systemd, where it started the gateway with `Type=notify` (sd_notify(3)): it is told when the gateway is ready and when it ends, and, where the
 * unit has `WatchdogSec=`, that the gateway still works; if it does not hear that in time, it starts the gateway again.
 */
export class ServiceManager {
  readonly #log: Pick<Log, 'warn'>;
  readonly #notify: Notify;
  readonly #watchdogMs: number;
  #watchdog: NodeJS.Timeout | undefined;
  #isTold = true;

  /** @param watchdogMs after how long without a sign the gateway counts as hung; 0: nobody watches */
  constructor(watchdogMs: number, { log, notify = systemdNotify }: ServiceManagerOptions) {
    this.#watchdogMs = watchdogMs;
    this.#log = log;
    this.#notify = notify;
  }

  /** The gateway is ready, which `status` says in a line for people. */
  async ready(status: string): Promise<void> {
    await this.#tell('READY=1', `STATUS=${status.replaceAll(/\s+/g, ' ')}`);
    if (this.#watchdogMs === 0) return;
    // A gateway whose loop hangs says nothing, and that is what is watched.
    this.#watchdog = setInterval(() => void this.#tell('WATCHDOG=1'), this.#watchdogMs / PINGS_IN_TIME);
    this.#watchdog.unref();
  }

  /** The gateway ends, as it was told to. */
  async stopping(): Promise<void> {
    clearInterval(this.#watchdog);
    await this.#tell('STOPPING=1', 'STATUS=Saying goodbye.');
  }

  async #tell(...variables: string[]): Promise<void> {
    try {
      await this.#notify(variables);
      this.#isTold = true;
    } catch (error) {
      // Each time would be the same line.
      if (this.#isTold)
        this.#log.warn(
          { error },
          'The service manager could not be told how the gateway is, and may start it again: systemd-notify failed.',
        );
      this.#isTold = false;
    }
  }
}

/**
 * The service manager that waits for word of this process; undefined where there is none.
 *
 * @param env systemd's `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID`
 */
export function serviceManager(env: NodeJS.ProcessEnv, options: ServiceManagerOptions): ServiceManager | undefined {
  if (!env.NOTIFY_SOCKET) return undefined;
  const isWatched = env.WATCHDOG_PID === undefined || env.WATCHDOG_PID === String(process.pid);
  const watchdogUs = isWatched ? Number(env.WATCHDOG_USEC ?? 0) : 0;
  return new ServiceManager(watchdogUs > 0 ? watchdogUs / 1000 : 0, options);
}

/** It waits until systemd has read what it was told, so that it can see from whom that came. */
function systemdNotify(variables: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', [...variables], { timeout: TIMEOUT_MS }, (error) => (error ? reject(error) : resolve()));
  });
}
