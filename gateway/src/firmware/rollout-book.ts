import { join } from 'node:path';
import { FIRMWARE_FOLDER } from '../common/data-files.ts';
import { GatewayError } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { digestOf, Images, type OpenImage } from './images.ts';
import { isOver, type Rollout, stop, type Target } from './rollout.ts';
import { type KeptRollouts, readRollouts, writeRollouts } from './rollouts-file.ts';

/** How many are kept to be looked at, and how many may be unfinished. */
const MAX_KEPT = 50;
const MAX_UNFINISHED = 20;
const MAX_KEPT_BYTES = 128 * 1024 * 1024;

/** What a rollout is made of, beside what the book adds. */
export type RolloutInit = Omit<Rollout, 'id' | 'digest' | 'bytes' | 'targets'>;

/** The rollouts that are kept, on the disk too, and their files. */
export class RolloutBook {
  readonly #log: Log;
  readonly #images: Images;
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #open = new Map<string, OpenImage>();
  #rollouts: Rollout[] = [];
  #last = 0;
  #isChanged = false;
  #hasFailed = false;
  /** What is being done with the files, one after the other. */
  #working: Promise<unknown> = Promise.resolve();

  /** `maxBytes`: of all files of firmware together. */
  constructor(dataDir: string, log: Log, maxBytes = MAX_KEPT_BYTES) {
    this.#maxBytes = maxBytes;
    const folder = join(dataDir, FIRMWARE_FOLDER);
    this.#images = new Images(folder);
    this.#path = join(folder, 'rollouts.json');
    this.#log = log;
  }

  /** The newest last. */
  get all(): readonly Rollout[] {
    return this.#rollouts;
  }

  /** The file of an unfinished rollout. */
  imageOf({ digest }: Rollout): OpenImage | undefined {
    return this.#open.get(digest);
  }

  /** What is to be written soon. */
  changed(): void {
    this.#isChanged = true;
  }

  /** Takes in what an earlier run kept. Never rejects: what cannot be read is told in the log. */
  async load(): Promise<void> {
    let kept: KeptRollouts;
    try {
      kept = await readRollouts(this.#path);
    } catch (err) {
      this.#log.warn({ err }, `Firmware that waited for boards is not sent, as ${this.#path} cannot be read.`);
      return;
    }
    this.#last = kept.last;
    this.#rollouts = kept.rollouts;
    for (const rollout of kept.rollouts) {
      if (isOver(rollout)) continue;
      await this.#openImage(rollout.digest).catch((err: unknown) => {
        const { version } = rollout;
        this.#log.warn({ err, version }, 'Firmware that waited for boards cannot be read, and is not sent.');
        stop(rollout, 'its file cannot be read');
        this.changed();
      });
    }
  }

  /**
   * Adds one; it is on the disk when this resolves. `before` is called at the moment that it counts from.
   *
   * @throws GatewayError PEER_TOO_MANY or DATA_DIR_UNUSABLE
   */
  async add(
    init: RolloutInit,
    file: Uint8Array,
    clients: readonly string[],
    before: (id: string) => void,
  ): Promise<Rollout> {
    this.#checkRoom(file);
    const added = this.#inTurn(async () => {
      const digest = await this.#images.keep(file);
      await this.#openImage(digest);
      const targets = clients.map((client): Target => ({ client, state: 'waiting', percent: 0, why: undefined }));
      const rollout: Rollout = { id: `${++this.#last}`, ...init, bytes: file.length, digest, targets };
      before(rollout.id);
      this.#rollouts = [...this.#rollouts, rollout];
      this.#forgetOld();
      await this.#write();
      return rollout;
    });
    return await added.catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new GatewayError('DATA_DIR_UNUSABLE', `The firmware cannot be kept: ${reason}.`, { cause });
    });
  }

  /** Writes what has changed, if anything has. Never rejects: it is tried again. */
  async save(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    try {
      await this.#inTurn(() => this.#write());
      this.#hasFailed = false;
    } catch (err) {
      this.#isChanged = true;
      if (!this.#hasFailed) this.#log.warn({ err }, `How far firmware is cannot be written to ${this.#path}.`);
      this.#hasFailed = true;
    }
  }

  async close(): Promise<void> {
    await this.save();
    await this.#working;
    for (const image of this.#open.values()) await image.close();
    this.#open.clear();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => {});
    return done;
  }

  async #write(): Promise<void> {
    const rollouts = this.#rollouts;
    const wanted = new Set(rollouts.filter((rollout) => !isOver(rollout)).map(({ digest }) => digest));
    await writeRollouts(this.#path, { last: this.#last, rollouts });
    for (const [digest, image] of this.#open) {
      if (wanted.has(digest)) continue;
      this.#open.delete(digest);
      await image.close();
    }
    await this.#images.removeAllBut(wanted);
  }

  async #openImage(digest: string): Promise<void> {
    if (!this.#open.has(digest)) this.#open.set(digest, await this.#images.open(digest));
  }

  #checkRoom(file: Uint8Array): void {
    const unfinished = this.#rollouts.filter((rollout) => !isOver(rollout));
    const kept = new Map(unfinished.map((rollout) => [rollout.digest, rollout.bytes]));
    kept.set(digestOf(file), file.length);
    const sum = [...kept.values()].reduce((all, one) => all + one, 0);
    if (unfinished.length < MAX_UNFINISHED && sum <= this.#maxBytes) return;
    const message = 'Too much firmware waits for boards: "crosscomm ota status" shows it, and "ota stop" ends it.';
    throw new GatewayError('PEER_TOO_MANY', message);
  }

  #forgetOld(): void {
    const over = this.#rollouts.filter(isOver);
    const old = new Set(over.slice(0, Math.max(0, this.#rollouts.length - MAX_KEPT)));
    this.#rollouts = this.#rollouts.filter((rollout) => !old.has(rollout));
  }
}
