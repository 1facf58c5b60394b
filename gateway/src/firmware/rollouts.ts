import type { Clock } from '../common/clock.ts';
import { GatewayError } from '../common/errors.ts';
import { readFirmwareHead } from '../common/firmware-file.ts';
import type { Log } from '../common/log.ts';
import type { Metrics } from '../common/metrics.ts';
import type { Incidents } from '../observability/incidents.ts';
import type { FirmwareDevice, FirmwareQueue } from '../protocols/frames/files/firmware.ts';
import type { OpenImage } from './images.ts';
import { isOpen, isUnderWay, type Rollout, readSaid, type Said, stop, type Target } from './rollout.ts';
import { RolloutBook } from './rollout-book.ts';

export interface RolloutsParts {
  dataDir: string;
  clock: Clock;
  log: Log;
  incidents: Pick<Incidents, 'report'>;
  metrics: Metrics;
  /** Of all files of firmware that boards still have to get. Default: 128 MB. */
  maxBytes?: number;
}

/** What somebody wants to be sent. */
export interface RolloutWish {
  file: Buffer;
  /** Client ids, each once. */
  clients: readonly string[];
  atOnce: number;
  stopAfter: number;
  by: string | undefined;
}

export const MAX_TARGETS = 2000;
const TICK_MS = 1000;
/** A board that is here and does not go on for so long does not do it. */
const SILENT_MS = 180_000;
/** A board that wants no more of it says why a moment later. */
const REASON_MS = 10_000;
/** How long a board may take to begin it: it chooses when. */
const RESTART_MS = 15 * 60_000;
/** How often it is begun with a board that is lost again and again. */
const MAX_TRIES = 20;

/** What goes on with a board at this moment, beside what is kept. */
interface Live {
  /** When it was last heard of, by the monotonic clock. */
  sinceMs: number;
  tries: number;
  isOffered: boolean;
  isCancelled: boolean;
}

/** Sends firmware to boards: to each when it is here, so many at a time, until too many have failed. What is to be sent outlives the process. */
export class Rollouts implements FirmwareQueue {
  readonly #parts: RolloutsParts;
  readonly #book: RolloutBook;
  readonly #devices = new Map<string, FirmwareDevice>();
  readonly #live = new Map<Target, Live>();
  readonly #stopTicking: () => void;
  readonly #counts: { done: { value: number }; failed: { value: number } };

  private constructor(parts: RolloutsParts) {
    this.#parts = parts;
    this.#book = new RolloutBook(parts.dataDir, parts.log, parts.maxBytes);
    const updates = parts.metrics.counters({
      name: 'crosscomm_firmware_updates_total',
      help: 'Boards that said that they run the firmware which they got over the air, and those that did not.',
      labels: ['result'],
    });
    this.#counts = { done: updates.of({ result: 'done' }), failed: updates.of({ result: 'failed' }) };
    this.#stopTicking = parts.clock.every(TICK_MS, () => this.#tick());
  }

  /** With what an earlier run had not finished. Never rejects: what cannot be read is told in the log. */
  static async open(parts: RolloutsParts): Promise<Rollouts> {
    const rollouts = new Rollouts(parts);
    await rollouts.#book.load();
    return rollouts;
  }

  /** The newest first. */
  get all(): readonly Rollout[] {
    return this.#book.all.toReversed();
  }

  get(id: string): Rollout | undefined {
    return this.#book.all.find((rollout) => rollout.id === id);
  }

  /** Whether a board is here, and could be sent something. */
  isHere(client: string): boolean {
    return this.#devices.get(client)?.isLinked === true;
  }

  /**
   * Begins to send a file; what was to be sent to the same boards before is not sent any more. It is on the disk when this resolves.
   *
   * @throws GatewayError PEER_MALFORMED where it is no firmware, PEER_TOO_MANY, or DATA_DIR_UNUSABLE
   */
  async begin({ file, clients, ...wish }: RolloutWish): Promise<Rollout> {
    const head = readFirmwareHead(file);
    if (head === undefined) {
      throw new GatewayError(
        'PEER_MALFORMED',
        'The body is no whole file of firmware, as "crosscomm ota send" makes it.',
      );
    }
    const { version, board } = head;
    const init = { version, board, ...wish, timeMs: this.#parts.clock.now() };
    const rollout = await this.#book.add(init, file, clients, (id) => this.#replaceFor(new Set(clients), id));
    this.#pump();
    return rollout;
  }

  /** Sends nothing more of it; boards that have all of it already begin it all the same. False where there is none. */
  stop(id: string): boolean {
    const rollout = this.get(id);
    if (rollout === undefined) return false;
    this.#stop(rollout, 'somebody stopped it');
    return true;
  }

  arrived(device: FirmwareDevice): void {
    this.#devices.set(device.id, device);
    if (this.#openTargets(device.id).length > 0) this.#pump();
  }

  gone(device: FirmwareDevice): void {
    if (this.#devices.get(device.id) === device) this.#devices.delete(device.id);
  }

  said(id: string, text: string): void {
    const said = readSaid(text);
    if (said === undefined) return;
    for (const [rollout, target] of this.#openTargets(id)) {
      if (said.version === undefined || said.version === rollout.version) this.#hear(rollout, target, said);
      else if (said.is === 'runs' && target.state === 'restarting') {
        this.#fail(rollout, target, `it runs ${said.version} after its restart`);
      }
    }
    this.#pump();
  }

  /** Writes what has changed, and ends. */
  async close(): Promise<void> {
    this.#stopTicking();
    await this.#book.close();
  }

  #hear(rollout: Rollout, target: Target, said: Said): void {
    const live = this.#live.get(target);
    if (live) live.sinceMs = this.#parts.clock.monotonicMs();
    switch (said.is) {
      case 'runs':
        this.#succeed(rollout, target, undefined);
        break;
      case 'already':
        this.#succeed(rollout, target, 'it ran that already');
        break;
      case 'ready':
        this.#become(target, 'restarting');
        break;
      case 'refused':
        // What it says of an earlier try is no reason to give up this one.
        if (target.state !== 'waiting') this.#fail(rollout, target, said.why);
        break;
      case 'broken':
    }
  }

  /** Offers to boards that are here, as many as may be at it at once. */
  #pump(): void {
    for (const rollout of this.#book.all) {
      const image = this.#book.imageOf(rollout);
      if (image === undefined) continue;
      let busy = rollout.targets.filter(isUnderWay).length;
      for (const target of rollout.targets) {
        if (busy >= rollout.atOnce) break;
        if (target.state === 'waiting' && this.#offer(rollout, target, image)) busy++;
      }
    }
  }

  #offer(rollout: Rollout, target: Target, image: OpenImage): boolean {
    const device = this.#devices.get(target.client);
    if (device?.isLinked !== true) return false;
    if (!device.takesFirmware) {
      this.#fail(rollout, target, 'its sketch takes no firmware over the air');
      return false;
    }
    const { clock } = this.#parts;
    const live: Live = this.#live.get(target) ?? { sinceMs: 0, tries: 0, isOffered: false, isCancelled: false };
    Object.assign(live, { sinceMs: clock.monotonicMs(), isOffered: true, isCancelled: false, tries: live.tries + 1 });
    const isOffered = device.offerFirmware({
      name: `firmware-${rollout.board.replace(/[^\w.-]/g, '_')}-${rollout.version}.ccfw`,
      source: image,
      wanted: (offset) => {
        live.sinceMs = clock.monotonicMs();
        target.percent = Math.floor((100 * offset) / image.size);
      },
      ended: (how) => this.#ended(rollout, target, live, how),
    });
    if (!isOffered) return false;
    this.#live.set(target, live);
    this.#become(target, 'sending');
    return true;
  }

  #ended(rollout: Rollout, target: Target, live: Live, how: 'taken' | 'cancelled' | 'dropped'): void {
    live.isOffered = false;
    live.sinceMs = this.#parts.clock.monotonicMs();
    if (target.state !== 'sending') return;
    if (how === 'taken') {
      target.percent = 100;
      this.#become(target, 'restarting');
    } else if (how === 'cancelled') live.isCancelled = true;
    else if (live.tries >= MAX_TRIES) this.#fail(rollout, target, `it was lost ${MAX_TRIES} times while it took it`);
    else this.#become(target, 'waiting');
  }

  #tick(): void {
    const now = this.#parts.clock.monotonicMs();
    for (const rollout of this.#book.all) {
      for (const target of rollout.targets) {
        if (!isUnderWay(target)) continue;
        const why = this.#overdue(target, now);
        if (why !== undefined) this.#fail(rollout, target, why);
      }
    }
    this.#pump();
    void this.#book.save();
  }

  /** Why a board is not waited for any longer. */
  #overdue(target: Target, now: number): string | undefined {
    const live = this.#live.get(target);
    if (live === undefined) {
      // It was restarting when an earlier run of the gateway ended.
      this.#live.set(target, { sinceMs: now, tries: 0, isOffered: false, isCancelled: false });
      return undefined;
    }
    const silentMs = now - live.sinceMs;
    if (target.state === 'restarting') {
      return silentMs > RESTART_MS ? 'it did not say within a quarter of an hour that it runs' : undefined;
    }
    if (live.isCancelled) return silentMs > REASON_MS ? 'it wants no more of it' : undefined;
    if (this.isHere(target.client)) return silentMs > SILENT_MS ? 'it took nothing for three minutes' : undefined;
    live.sinceMs = now;
    return undefined;
  }

  #succeed({ version }: Rollout, target: Target, why: string | undefined): void {
    target.why = why;
    target.percent = 100;
    this.#become(target, 'done');
    this.#counts.done.value++;
    this.#parts.log.info({ who: target.client, version }, 'A board runs the firmware that it got over the air.');
  }

  #fail(rollout: Rollout, target: Target, why: string): void {
    const { client } = target;
    target.why = why;
    this.#become(target, 'failed');
    this.#withdraw(target);
    this.#counts.failed.value++;
    const message = `Firmware ${rollout.version} did not get to run on it: ${why}.`;
    this.#parts.incidents.report({ door: 'frames', who: client, code: 'FLASH_FAILED', message });
    const failed = rollout.targets.filter(({ state }) => state === 'failed').length;
    if (failed >= rollout.stopAfter) this.#stop(rollout, failed === 1 ? 'one has failed' : `${failed} have failed`);
  }

  #stop(rollout: Rollout, why: string): void {
    for (const target of stop(rollout, why)) this.#withdraw(target);
    this.#book.changed();
  }

  #withdraw(target: Target): void {
    if (this.#live.get(target)?.isOffered) this.#devices.get(target.client)?.withdrawFirmware();
    this.#live.delete(target);
  }

  #become(target: Target, state: Target['state']): void {
    if (target.state === state) return;
    target.state = state;
    this.#book.changed();
    if (state === 'done') this.#live.delete(target);
  }

  #openTargets(client: string): [Rollout, Target][] {
    return this.#book.all.flatMap((rollout) =>
      rollout.targets
        .filter((target) => target.client === client && isOpen(target))
        .map((target): [Rollout, Target] => [rollout, target]),
    );
  }

  #replaceFor(clients: ReadonlySet<string>, by: string): void {
    for (const { targets } of this.#book.all) {
      for (const target of targets) {
        if (!clients.has(target.client) || !isOpen(target)) continue;
        this.#withdraw(target);
        target.why = `number ${by} takes its place`;
        this.#become(target, 'stopped');
      }
    }
  }
}
