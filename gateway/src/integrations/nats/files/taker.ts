import type { Clock } from '../../../common/clock.ts';
import type { Counter } from '../../../common/metrics.ts';
import type { ByteRange } from '../../../common/ranges.ts';
import { type ListOptions, ObjectError, type ObjectInfo, type ObjectPage } from '../../../objects/contract.ts';
import type { ObjectsElsewhere, ReadFor } from '../../../objects/elsewhere.ts';
import type { Bus } from '../bus.ts';
import { type Answer, decodeAnswer, encodeQuestion, type Question } from './codec.ts';
import { BlockBudget, download, faultOf, unreachable } from './download.ts';
import { HEAD_BYTES } from './giver.ts';
import { chosen, type Found, Places } from './places.ts';

export interface TakerParts {
  bus: Bus;
  clock: Clock;
  /** The subject of another gateway. */
  subjectOf(gateway: string): string;
  /** The names of those that are there. */
  others(): string[];
  /** Bytes. */
  taken: Counter;
  misread(gateway: string): void;
}

export type Opened = NonNullable<Awaited<ReturnType<ObjectsElsewhere['open']>>>;

/** As much as a block has where the servers take it; by default they take twice this. */
export const BLOCK_BYTES = 512 * 1024;
/** How many objects are read at the same time, and how many blocks may wait for them together, beside one for each: 48 MiB at most. */
const MAX_DOWNLOADS = 64;
const EXTRA_BLOCKS = 32;
/** How many keys are sought at the same time. */
const MAX_SOUGHT = 256;
const SEEK_MS = 2000;
const BLOCK_MS = 10_000;
/** How often one that is busy is asked, and the pause. */
const BUSY_TRIES = 8;
const BUSY_PAUSE_MS = 250;

/** Reads objects of other gateways: seeks who has one, and fetches it in blocks. */
export class Taker implements ObjectsElsewhere {
  readonly places = new Places();
  readonly #parts: TakerParts;
  readonly #budget = new BlockBudget(EXTRA_BLOCKS);
  #downloads = 0;
  #sought = 0;

  constructor(parts: TakerParts) {
    this.#parts = parts;
  }

  async head(key: string, who: ReadFor): Promise<ObjectInfo | undefined> {
    return (await this.#find(key, who))?.info;
  }

  async open(key: string, range: ByteRange | undefined, who: ReadFor): Promise<Opened | undefined> {
    const known = this.places.get(key);
    const isThere = known !== undefined && this.places.isSure(key) && this.#parts.others().includes(known);
    const opened = isThere ? await this.#openAt(known, { key, range, who }) : undefined;
    if (opened !== undefined) return opened;
    const found = await this.#find(key, who);
    return found && (await this.#openAt(found.gateway, { key, range, who }));
  }

  async list(options: ListOptions, who: ReadFor): Promise<ObjectPage> {
    const answers = await this.#askAll({ do: 'list', options, who }, this.#parts.others());
    const pages = answers.flatMap(({ gateway, answer }) => (answer?.page ? [{ gateway, page: answer.page }] : []));
    // A folder is at one gateway as a whole.
    const there = pages.find(({ page }) => page.objects.length > 0 || page.prefixes.length > 0);
    for (const { key } of there?.page.objects ?? []) this.places.note(key, (there as { gateway: string }).gateway);
    return there?.page ?? { objects: [], prefixes: [] };
  }

  /** Who has an object: first whoever is known to, then all are asked; all at once where that is not sure. */
  async #find(key: string, who: ReadFor): Promise<Found | undefined> {
    if (this.#sought >= MAX_SOUGHT) {
      throw new ObjectError('unavailable', 'Too many objects are being sought at other gateways; ask again.');
    }
    this.#sought++;
    try {
      return await this.#seek(key, who);
    } finally {
      this.#sought--;
    }
  }

  async #seek(key: string, who: ReadFor): Promise<Found | undefined> {
    const others = this.#parts.others();
    const known = this.places.get(key);
    const isThere = known !== undefined && others.includes(known);
    const first = isThere && this.places.isSure(key) ? [known] : [];
    for (const names of [first, others.filter((name) => name !== first[0])]) {
      if (names.length === 0) continue;
      const answers = await this.#askAll({ do: 'head', key, who }, names);
      const found = chosen(
        answers.flatMap(({ gateway, answer }) => (answer?.info ? [{ gateway, info: answer.info }] : [])),
      );
      if (found !== undefined) {
        this.places.note(key, found.gateway);
        return found;
      }
      for (const { gateway, answer } of answers) if (answer?.fault) throw faultOf(answer.fault, { key, gateway });
      // Whoever had it may have it still.
      const isSilent = answers.some(({ gateway, answer }) => gateway === known && answer === undefined);
      if (isSilent) throw unreachable(key, known as string);
    }
    if (known === undefined) return undefined;
    if (!isThere) throw unreachable(key, known);
    this.places.delete(key);
    return undefined;
  }

  async #openAt(
    gateway: string,
    { key, range, who }: { key: string; range: ByteRange | undefined; who: ReadFor },
  ): Promise<Opened | undefined> {
    if (this.#downloads >= MAX_DOWNLOADS) {
      throw new ObjectError('unavailable', 'Too many objects are read from other gateways; ask again in a while.');
    }
    const block = Math.min(BLOCK_BYTES, this.#parts.bus.maxPayload - HEAD_BYTES);
    this.#downloads++;
    let isOpen = false;
    try {
      const first = await this.#openPatiently(gateway, { do: 'open', key, who, range, block });
      if (first === undefined) throw unreachable(key, gateway);
      if (first.fault !== undefined) throw faultOf(first.fault, { key, gateway });
      const { info } = first;
      if (info === undefined) return undefined;
      isOpen = true;
      const { start, end } = range ?? { start: 0, end: info.size - 1 };
      const size = Math.max(0, Math.min(end + 1, info.size) - start);
      const again = (at: number): Question => ({
        ...{ do: 'open', key, who, block, etag: info.etag },
        range: { start: start + at, end: start + size - 1 },
      });
      const stream = download({
        ...{ key, gateway, first, size, clock: this.#parts.clock, budget: this.#budget },
        ask: (question) => this.#ask(gateway, question, BLOCK_MS),
        reopen: (at) => this.#ask(gateway, again(at), BLOCK_MS),
        took: (bytes) => {
          this.#parts.taken.value += bytes;
        },
        ended: () => this.#downloads--,
      });
      return { info, stream };
    } finally {
      if (!isOpen) this.#downloads--;
    }
  }

  async #openPatiently(gateway: string, question: Question): Promise<Answer | undefined> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#ask(gateway, question, BLOCK_MS);
      if (answer?.fault?.name !== 'busy' || tries === BUSY_TRIES) return answer;
      await new Promise<void>((resolve) => void this.#parts.clock.after(BUSY_PAUSE_MS, resolve));
    }
  }

  async #askAll(
    question: Question,
    gateways: readonly string[],
  ): Promise<{ gateway: string; answer: Answer | undefined }[]> {
    return await Promise.all(
      gateways.map(async (gateway) => ({ gateway, answer: await this.#ask(gateway, question, SEEK_MS) })),
    );
  }

  async #ask(gateway: string, question: Question, timeoutMs: number): Promise<Answer | undefined> {
    const { bus, subjectOf, misread } = this.#parts;
    const bytes = await bus.request(subjectOf(gateway), encodeQuestion(question), timeoutMs);
    if (bytes === undefined) return undefined;
    const answer = decodeAnswer(bytes);
    if (answer === undefined) misread(gateway);
    return answer;
  }
}
