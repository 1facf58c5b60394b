import { CODES, type CodeName, valueToJsonText } from '@crosscomm/protocol';
import type { DeviceHandler, Simulation } from '@crosscomm/sim';
import { printable } from '../common/printable.ts';
import { callOf, paintOf, type Shell, say, warn } from './shell.ts';
import { headline, SimTable, totalsLine } from './sim-table.ts';

const TABLE_EVERY_MS = 500;
const TOTALS_EVERY_MS = 5000;
const JSON_EVERY_MS = 1000;

const NAMES = new Map(Object.entries(CODES).map(([name, code]) => [code as number, name as CodeName]));
/** A code of the frames, by its name. */
export const nameOf = (code: number): string => NAMES.get(code) ?? String(code);

const HINTS = new Map<number, string>([
  [CODES.id_taken, 'Give these devices a name of their own with --id.'],
  [CODES.credentials, 'Give an account and its token in the address, --url ws://NAME:TOKEN@HOST, or a code by --pair.'],
]);
/** What to do where the gateway refuses the simulated devices with this code, behind a blank; empty where that cannot be said. */
export function hintOf(code: number): string {
  const hint = HINTS.get(code);
  return hint === undefined ? '' : ` ${hint}`;
}

/** What shows how a simulation goes. */
export interface SimView {
  /** Writes a line above what is drawn. */
  above(write: () => void): void;
  /** Shows it a last time, and no more. */
  end(): void;
}

/** Shows how it goes: a table on a terminal, else lines. */
export function showSimulation(
  shell: Shell,
  simulation: Simulation,
  { json = false, ...about }: { json?: boolean | undefined; address: string; seed: number },
): SimView {
  const every = (ms: number, run: () => void, above: SimView['above']): SimView => {
    const timer = setInterval(run, ms);
    const end = (): void => {
      clearInterval(timer);
      if (!json) run();
    };
    return { above, end };
  };
  const plain = (write: () => void): void => write();
  if (json) {
    const tell = (): void => say(shell, JSON.stringify({ event: 'counts', ...simulation.counts() }));
    return every(JSON_EVERY_MS, tell, plain);
  }
  if (shell.stdout.isTTY && shell.env.TERM !== 'dumb') {
    const table = new SimTable(shell, simulation, about);
    table.draw();
    return every(
      TABLE_EVERY_MS,
      () => table.draw(),
      (write) => table.above(write),
    );
  }
  say(shell, headline(simulation, about));
  return every(TOTALS_EVERY_MS, () => say(shell, totalsLine(simulation.counts())), plain);
}

/** A line of JSON for each thing that happens, but for readings that came through, or that nobody listens to. */
export function jsonHandler(shell: Shell): DeviceHandler {
  const tell = (event: string, id: string, more: object): void => say(shell, JSON.stringify({ event, id, ...more }));
  return {
    state: ({ id }, state) => tell('state', id, { state }),
    fault: ({ id }, fault, awayMs) => tell('fault', id, { fault, awayMs: Math.round(awayMs) }),
    message: ({ id }, { channel, from, value }) =>
      tell('message', id, { channel, from, value: JSON.parse(valueToJsonText(value)) as unknown }),
    outcome: ({ id }, channel, _value, { code }) => {
      if (code !== CODES.ok && code !== CODES.no_recipient) tell('refused', id, { channel, code: nameOf(code) });
    },
    error: ({ id }, { code, text }) => tell('error', id, { code: nameOf(code), text }),
    disconnected: ({ id }, reason) => tell('disconnected', id, { reason }),
  };
}

/**
 * Says the first refusal and the first failure of a connection; the table counts the others. `above` writes above what is drawn.
 */
export function personHandler(shell: Shell, above: (write: () => void) => void): DeviceHandler {
  const said = new Set<string>();
  const once = (topic: string, sentence: string): void => {
    if (said.has(topic)) return;
    said.add(topic);
    const { yellow } = paintOf(shell, shell.stderr);
    above(() => warn(shell, sentence, yellow));
  };
  return {
    disconnected: ({ id }, reason) =>
      once('link', `${id} has no connection (${printable(reason)}); it tries again, as every device does.`),
    error: ({ id }, { code, text }) => {
      if (code === CODES.no_recipient) return;
      const told = `${nameOf(code)}${text === '' ? '' : `: ${printable(text)}`}`;
      once(`error ${code}`, `${id} was told ${told}.${hintOf(code)}`);
    },
    outcome: ({ id }, channel, _value, { code }) => {
      if (code === CODES.no_recipient) {
        once(
          'nobody',
          `Nobody listens to ${printable(channel)}, where ${id} sends its readings: try "${callOf(shell.env, 'listen')}".`,
        );
      }
    },
  };
}
