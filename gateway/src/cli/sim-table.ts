import type { FrameClientState } from '@crosscomm/protocol';
import type { Simulation, SimulationCounts } from '../sim/simulation.ts';
import type { Paint } from './paint.ts';
import { paintOf, type Shell } from './shell.ts';
import { aligned } from './text.ts';

const HEAD = ['DEVICE', 'STATE', 'SENT', 'ACCEPTED', 'REFUSED', 'LOST', 'WAITING', 'RECEIVED', 'LINKS LOST', 'RESETS'];
/** Lines of the screen that are not devices. */
const OTHER_LINES = 6;
const MIN_ROWS = 4;
const DEFAULT_ROWS = 24;
const DEFAULT_COLUMNS = 80;

const COLOURS: Record<FrameClientState, keyof Paint> = {
  online: 'green',
  greeting: 'yellow',
  offline: 'dim',
  stopped: 'red',
};

/** The table of a simulation, drawn again and again at the same place of a terminal. */
export class SimTable {
  readonly #shell: Shell;
  readonly #simulation: Simulation;
  readonly #about: { address: string; seed: number };
  #drawnLines = 0;
  #last: { atMs: number; accepted: number } | undefined;

  constructor(shell: Shell, simulation: Simulation, about: { address: string; seed: number }) {
    this.#shell = shell;
    this.#simulation = simulation;
    this.#about = about;
  }

  draw(): void {
    const lines = this.#lines();
    const { stdout } = this.#shell;
    const up = this.#drawnLines > 0 ? `\u001b[${this.#drawnLines}A` : '';
    // Each line is cleared to its end, and what is below the last one as well.
    stdout.write(`${up}${lines.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
    this.#drawnLines = lines.length;
  }

  #lines(): string[] {
    const paint = paintOf(this.#shell);
    const { devices } = this.#simulation;
    const counts = this.#simulation.counts();
    const room = Math.max(MIN_ROWS, (this.#shell.stdout.rows ?? DEFAULT_ROWS) - OTHER_LINES);
    const shown = devices.slice(0, devices.length > room ? room - 1 : room);
    const rows = shown.map(({ id, state, waiting, counts: own }) => [id, state, ...cells({ ...own, waiting })]);
    // A line that is wider than the terminal takes two of its rows, and the next drawing would begin too low.
    const columns = this.#shell.stdout.columns ?? DEFAULT_COLUMNS;
    const clip = (line: string): string => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line);
    const table = aligned([HEAD, ...rows, ['all', `${counts.online} online`, ...cells(counts)]], 1).map(clip);
    const [head = '', ...body] = table;
    const total = body.pop() ?? '';
    const more = devices.length - shown.length;
    return [
      paint.dim(clip(`${headline(this.#simulation, this.#about)}; Ctrl-C ends it`)),
      paint.bold(head),
      ...body.map((line, index) => {
        const state = shown[index]?.state ?? 'offline';
        return line.replace(state, paint[COLOURS[state]](state));
      }),
      ...(more > 0 ? [paint.dim(`... and ${more} more`)] : []),
      paint.bold(total),
      `${this.#rate(counts).toFixed(0)} readings a second`,
    ];
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
export function headline({ devices }: Simulation, { address, seed }: { address: string; seed: number }): string {
  return `${devices.length === 1 ? '1 device' : `${devices.length} devices`} to ${address}, seed ${seed}`;
}
