import type { FrameClientState } from '@crosscomm/protocol';
import type { Simulation, SimulationCounts } from '@crosscomm/sim';
import { printable } from '../common/printable.ts';
import type { Paint } from './paint.ts';
import { paintOf, type Shell } from './shell.ts';
import { aligned, clipped, clippedInside, padded, widthOf } from './text.ts';

const HEAD = ['STATE', 'SENT', 'ACCEPTED', 'REFUSED', 'LOST', 'WAITING', 'RECEIVED', 'LINKS', 'RESETS'];
const ID_HEAD = 'DEVICE';
/** Lines of the screen that are not devices. */
const OTHER_LINES = 6;
const MIN_ROWS = 4;
const DEFAULT_ROWS = 24;
const DEFAULT_COLUMNS = 80;
/** A narrow terminal shows this much of a name, and fewer counts. */
const MIN_NAME_COLUMNS = 12;

const COLOURS: Record<FrameClientState, keyof Paint> = {
  online: 'green',
  greeting: 'yellow',
  offline: 'dim',
  stopped: 'red',
};

interface Line {
  plain: string;
  /** The same with colours. */
  painted: string;
}

/** What the table shows of a simulation. */
export interface ShownSimulation {
  readonly devices: readonly Pick<Simulation['devices'][number], 'id' | 'state' | 'waiting' | 'counts'>[];
  counts(): SimulationCounts;
}

/** The table of a simulation, drawn again and again at the same place of a terminal. */
export class SimTable {
  readonly #shell: Shell;
  readonly #simulation: ShownSimulation;
  readonly #about: { address: string; seed: number };
  /** The widths of the lines that stand on the screen. */
  #drawn: number[] = [];
  #last: { atMs: number; accepted: number } | undefined;

  constructor(shell: Shell, simulation: ShownSimulation, about: { address: string; seed: number }) {
    this.#shell = shell;
    this.#simulation = simulation;
    this.#about = about;
  }

  draw(): void {
    const lines = this.#lines();
    // Each line is cleared before it is written, as one that fills its row leaves the cursor upon its last character.
    const text = lines.map(({ painted }) => `\u001b[2K${painted}\n`).join('');
    this.#shell.stdout.write(`${this.#up()}${text}\u001b[J`);
    this.#drawn = lines.map(({ plain }) => widthOf(plain));
  }

  /** Takes the table off while `write` writes a line of its own, which then stands above it. */
  above(write: () => void): void {
    this.#shell.stdout.write(`${this.#up()}\u001b[J`);
    this.#drawn = [];
    write();
    this.draw();
  }

  /** To the first line of what was drawn. In a terminal that is narrower now, a line has become several rows. */
  #up(): string {
    const columns = this.#columns;
    const rows = this.#drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return rows > 0 ? `\u001b[${rows}A` : '';
  }

  get #columns(): number {
    return this.#shell.stdout.columns || DEFAULT_COLUMNS;
  }

  #lines(): Line[] {
    const paint = paintOf(this.#shell);
    const columns = this.#columns;
    const { devices } = this.#simulation;
    const counts = this.#simulation.counts();
    const screenRows = this.#shell.stdout.rows || DEFAULT_ROWS;
    const room = Math.max(MIN_ROWS, screenRows - OTHER_LINES);
    const shown = devices.slice(0, devices.length > room ? room - 1 : room);
    const line = (text: string, colour = (each: string) => each): Line => {
      const plain = clipped(text, columns);
      return { plain, painted: colour(plain) };
    };

    const rows = shown.map(({ state, waiting, counts: own }) => [state, ...cells({ ...own, waiting })]);
    const numbers = aligned([HEAD, ...rows, [`${counts.online} online`, ...cells(counts)]], 1);
    const names = [ID_HEAD, ...shown.map(({ id }) => printable(id)), 'all'];
    const roomForName = Math.max(MIN_NAME_COLUMNS, columns - 1 - Math.max(...numbers.map(widthOf)));
    const nameColumns = Math.min(roomForName, Math.max(...names.map(widthOf)));
    const table = names.map((name, index) => {
      const cell = `${padded(clippedInside(name, nameColumns), nameColumns)} `;
      return line(`${cell}${numbers[index]}`, stateColour(cell, shown[index - 1]?.state));
    });
    const [head, ...body] = table.slice(0, -1);
    const more = devices.length - shown.length;
    const lines = [
      line(`${headline(this.#simulation, this.#about)}; Ctrl-C ends it`, paint.dim),
      line(head?.plain ?? '', paint.bold),
      ...body,
      ...(more > 0 ? [line(`... and ${more} more`, paint.dim)] : []),
      line(table.at(-1)?.plain ?? '', paint.bold),
      line(`${this.#rate(counts).toFixed(0)} readings a second`),
    ];
    // What is above the screen's first row could not be drawn again.
    return lines.slice(0, Math.max(1, screenRows - 1));

    /** Colours the state behind the device's name, which may hold the same word. */
    function stateColour(cell: string, state: FrameClientState | undefined): (text: string) => string {
      return (text) => {
        if (state === undefined || !text.startsWith(cell + state)) return text;
        return `${cell}${paint[COLOURS[state]](state)}${text.slice(cell.length + state.length)}`;
      };
    }
  }

  /** Accepted readings a second since it was drawn before. */
  #rate({ accepted }: SimulationCounts): number {
    const atMs = performance.now();
    const last = this.#last;
    this.#last = { atMs, accepted };
    return last === undefined ? 0 : ((accepted - last.accepted) / Math.max(1, atMs - last.atMs)) * 1000;
  }
}

type Cells = Omit<SimulationCounts, 'devices' | 'online'>;

function cells({ sent, accepted, refused, lost, waiting, received, links, resets }: Cells): string[] {
  return [sent, accepted, refused, lost, waiting, received, links, resets].map(String);
}

/** All devices in one line, where there is no terminal. */
export function totalsLine(counts: SimulationCounts): string {
  const { devices, online, sent, accepted, refused, lost, waiting, received, links, resets } = counts;
  return (
    `${online} of ${devices} online; ${sent} sent, ${accepted} accepted (${refused} refused), ${lost} lost, ` +
    `${waiting} waiting; ${received} received; ${links} links lost, ${resets} resets`
  );
}

/** What is simulated, to whom. */
export function headline(
  { devices }: Pick<ShownSimulation, 'devices'>,
  { address, seed }: { address: string; seed: number },
): string {
  return `${devices.length === 1 ? '1 device' : `${devices.length} devices`} to ${address}, seed ${seed}`;
}
