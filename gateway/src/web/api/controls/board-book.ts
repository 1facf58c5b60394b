import type { Clock } from '../../../common/clock.ts';
import { InTurn } from '../../../common/in-turn.ts';
import type { KeptList } from '../../../common/kept-list.ts';
import type { Log } from '../../../common/log.ts';
import { RequestError } from '../../request-error.ts';
import { type BoardBody, type KeptBoard, keptBoard, MAX_BOARD_LENGTH, MAX_BOARDS } from './board.ts';

export interface BoardBookParts {
  store: KeptList;
  clock: Pick<Clock, 'now'>;
  log: Log;
}

/** The boards of controls, as they are kept. One change is made after the other, and is on disk when its promise resolves. */
export class BoardBook {
  readonly #parts: BoardBookParts;
  #boards: Promise<ReadonlyMap<string, KeptBoard>> | undefined;
  readonly #changes = new InTurn();

  constructor(parts: BoardBookParts) {
    this.#parts = parts;
  }

  /** All of them, by id. They are read when they are first asked for. */
  all(): Promise<ReadonlyMap<string, KeptBoard>> {
    this.#boards ??= this.#load().catch((error: unknown) => {
      // The next who asks may have more luck.
      this.#boards = undefined;
      throw error;
    });
    return this.#boards;
  }

  /** Throws PEER_NOT_FOUND where there is no such board. */
  async get(id: string): Promise<KeptBoard> {
    const board = (await this.all()).get(id);
    if (board === undefined) throw new RequestError('PEER_NOT_FOUND', `There is no board ${id.slice(0, 40)}.`);
    return board;
  }

  /**
   * Makes a board, or replaces it. Items that whoever changes it may not see (`hidden`) stay what they are.
   *
   * @throws RequestError where somebody else has changed it meanwhile, or there is no room
   */
  put(id: string, { name, items, version }: BoardBody, by: string | undefined): Promise<KeptBoard> {
    return this.#change(async (boards) => {
      const before = boards.get(id);
      checkVersion(id, before, version);
      const known = new Map(before?.items.map((item) => [item.id, item]));
      const board: KeptBoard = {
        ...{ id, name, version: version + 1, changedMs: this.#parts.clock.now() },
        ...(by === undefined ? {} : { changedBy: by }),
        items: items.flatMap((item) => (item.kind === 'hidden' ? (known.get(item.id) ?? []) : [item])),
      };
      if (JSON.stringify(board).length > MAX_BOARD_LENGTH) {
        throw new RequestError('PEER_TOO_LARGE', `A board may have at most ${MAX_BOARD_LENGTH} characters as JSON.`);
      }
      if (before === undefined && boards.size >= MAX_BOARDS) {
        throw new RequestError('PEER_TOO_MANY', `There are ${MAX_BOARDS} boards: delete one first.`, 507);
      }
      boards.set(id, board);
      return board;
    });
  }

  /** Deletes a board; with a version only if it is still that one. */
  remove(id: string, version: number | undefined): Promise<void> {
    return this.#change(async (boards) => {
      const board = await this.get(id);
      if (version !== undefined) checkVersion(id, board, version);
      boards.delete(id);
    });
  }

  #change<Result>(change: (boards: Map<string, KeptBoard>) => Promise<Result>): Promise<Result> {
    return this.#changes.run(async () => {
      const boards = new Map(await this.all());
      const result = await change(boards);
      await this.#parts.store.save([...boards.values()]);
      this.#boards = Promise.resolve(boards);
      return result;
    });
  }

  async #load(): Promise<Map<string, KeptBoard>> {
    const { store, log } = this.#parts;
    const boards = new Map<string, KeptBoard>();
    const found = await store.load();
    if (found !== undefined && 'setAside' in found) {
      const sentence = `The boards of controls could not be read and were put aside, as ${found.setAside}.`;
      log.error({ code: 'DATA_DAMAGED' }, `${sentence} Restore boards.json from a backup.`);
      return boards;
    }
    for (const kept of found?.list ?? []) {
      const read = keptBoard().safeParse(kept);
      if (read.success) boards.set(read.data.id, read.data);
      else log.error({ code: 'DATA_DAMAGED' }, `A board of controls cannot be read: ${read.error.issues[0]?.message}.`);
    }
    return boards;
  }
}

function checkVersion(id: string, board: KeptBoard | undefined, version: number): void {
  const now = board?.version ?? 0;
  if (now === version) return;
  const what = board === undefined ? 'is not there any more' : 'was changed by somebody else';
  throw new RequestError('PEER_OUTDATED', `The board ${id} ${what}: load it again, and then change it.`);
}
