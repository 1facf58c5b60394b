import { rm, symlink } from 'node:fs/promises';
import { type AvrBoard, startBoard } from './avr-board.ts';
import { flash, resetByDtr, type SubjectModel } from './flash.ts';

/** A board with a sketch on it. The gateway sees it where it is plugged in: at a device file that is a link to its port. */
export interface Board {
  readonly model: SubjectModel;
  /** What only a simulated board has; undefined between `unplug` and `plugIn`, and for a real one. */
  readonly simulation: AvrBoard | undefined;
  /** Plugs it in at this device file. A simulated board starts anew; a real one may. */
  plugIn(path: string): Promise<void>;
  /** Pulls the plug: its device file is gone, and so is a simulated board's power. */
  unplug(): Promise<void>;
  /** Puts it at another device file, its power on. */
  move(path: string): Promise<void>;
  /** Presses the reset button. */
  reset(): Promise<void>;
  /** Wires `millivolts` to A0 of a simulated board; at a real one's A0 is what is there. */
  setSensor(millivolts: number): void;
}

/** A kind of board that the cases are run on. */
export interface Subject {
  /** For the names of tests. */
  name: string;
  model: SubjectModel;
  isSimulated: boolean;
  /** A board of this kind with this sketch on it, not plugged in yet. */
  make(sketch: string): Promise<Board>;
}

/**
 * The boards to test: an Uno and a Mega in the simulator; or, where HIL_SERIAL names the port of a real board, that one
 * alone, which is what HIL_BOARD says (uno, mega or esp32; default: uno). Throws where HIL_BOARD is none of these.
 */
export function subjects(env: NodeJS.ProcessEnv = process.env): Subject[] {
  const { HIL_SERIAL: port, HIL_BOARD: model = 'uno' } = env;
  if (!port) return [simulated('uno'), simulated('mega')];
  if (model !== 'uno' && model !== 'mega' && model !== 'esp32') {
    throw new Error(`HIL_BOARD is "${model}"; the tests know uno, mega and esp32.`);
  }
  const make = async (sketch: string): Promise<Board> => {
    await flash(model, port, sketch);
    return new RealBoard(model, port);
  };
  return [{ name: `the ${model} at ${port}`, model, isSimulated: false, make }];
}

function simulated(model: 'uno' | 'mega'): Subject {
  const make = async (sketch: string): Promise<Board> => new SimulatedBoard(model, sketch);
  return { name: `a simulated ${model}`, model, isSimulated: true, make };
}

class Plug {
  #path: string | undefined;

  async put(path: string, port: string): Promise<void> {
    await this.pull();
    await symlink(port, path);
    this.#path = path;
  }

  async pull(): Promise<void> {
    if (this.#path !== undefined) await rm(this.#path, { force: true });
    this.#path = undefined;
  }
}

class SimulatedBoard implements Board {
  readonly model: 'uno' | 'mega';
  readonly #sketch: string;
  readonly #plug = new Plug();
  #board: AvrBoard | undefined;
  #millivolts = 0;

  constructor(model: 'uno' | 'mega', sketch: string) {
    this.model = model;
    this.#sketch = sketch;
  }

  get simulation(): AvrBoard | undefined {
    return this.#board;
  }

  async plugIn(path: string): Promise<void> {
    this.#board = await startBoard({ sketch: this.#sketch, board: this.model, resetOnOpen: true, garble: true });
    this.#board.setAdc(0, this.#millivolts);
    await this.#plug.put(path, this.#board.path);
  }

  async unplug(): Promise<void> {
    const board = this.#board;
    this.#board = undefined;
    await board?.unplug();
    await this.#plug.pull();
  }

  async move(path: string): Promise<void> {
    if (this.#board === undefined) throw new Error('A board that is not plugged in cannot be moved.');
    await this.#plug.put(path, this.#board.path);
  }

  async reset(): Promise<void> {
    this.#board?.reset();
  }

  setSensor(millivolts: number): void {
    this.#millivolts = millivolts;
    this.#board?.setAdc(0, millivolts);
  }
}

class RealBoard implements Board {
  readonly model: SubjectModel;
  readonly simulation = undefined;
  readonly #port: string;
  readonly #plug = new Plug();

  constructor(model: SubjectModel, port: string) {
    this.model = model;
    this.#port = port;
  }

  plugIn(path: string): Promise<void> {
    return this.#plug.put(path, this.#port);
  }

  unplug(): Promise<void> {
    return this.#plug.pull();
  }

  move(path: string): Promise<void> {
    return this.#plug.put(path, this.#port);
  }

  reset(): Promise<void> {
    return resetByDtr(this.#port);
  }

  setSensor(): void {}
}
