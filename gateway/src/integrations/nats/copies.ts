import type { StreamAPI } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import { Retries } from './kept/retries.ts';
import { COPIES, copiesFor } from './servers.ts';

export interface CopiesParts {
  clock: Clock;
  log: Log;
  /** The names of the streams: a bucket is one, too. */
  streams: readonly string[];
}

const LONGEST_MS = 60_000;

/**
 * Streams that were made while a cluster had less than three servers have one copy. Here they get three as soon as three servers have met: looked
 * for at each link, whenever the servers say that one of them is new, and once a minute.
 */
export class Copies {
  readonly #parts: CopiesParts;
  readonly #retries: Retries;

  constructor(parts: CopiesParts) {
    this.#parts = parts;
    this.#retries = new Retries({ clock: parts.clock, longestMs: LONGEST_MS });
  }

  linkUp(connection: NatsConnection): void {
    if (copiesFor(connection) > 1) void this.#retries.run(() => this.#raise(connection));
  }

  linkDown(): void {
    this.#retries.stop();
  }

  async #raise(connection: NatsConnection): Promise<void> {
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const manager = await jetstreamManager(connection, { checkAPI: false }).catch(() => undefined);
    if (manager === undefined) return;
    for (const name of this.#parts.streams) await this.#raiseOne(manager.streams, name);
  }

  async #raiseOne(streams: StreamAPI, name: string): Promise<void> {
    const { log } = this.#parts;
    try {
      const { config } = await streams.info(name);
      if (config.num_replicas >= COPIES) return;
      await streams.update(name, { num_replicas: COPIES });
      log.info({ stream: name, copies: COPIES }, 'the NATS servers have more copies of this from now on');
    } catch (error) {
      // It is not there yet, or there are too few servers.
      log.debug({ err: error, stream: name }, 'the NATS servers do not have more copies of this yet');
    }
  }
}
