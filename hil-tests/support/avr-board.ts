import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type BoardModel, buildSimulator, buildSketch, CHIPS } from './avr-build.ts';
import { EventTrail } from './event-trail.ts';

export interface BoardOptions {
  /** The name of one of the project's sketches, or an absolute path. */
  sketch: string;
  /** Default: uno. */
  board?: BoardModel;
  /** Where to put the port's device file, a link: `/…/ttyACM0`. Without it, `path` is the pseudo-terminal's own. */
  link?: string;
  /** Reset when DTR rises, as boards with a USB chip do. Default: false. */
  resetOnOpen?: boolean;
  /** Garble what is sent at another baud rate than the sketch's. Default: false. */
  garble?: boolean;
  /** A shift register of 16 bits is wired to an Uno's pins 10 (latch), 11 (clock) and 12 (data). Default: false. */
  shiftRegister?: boolean;
  /** An Uno's own boot loader is in it, by which it can be flashed over its port. Default: false. */
  bootLoader?: boolean;
  /** It is reset, once, when it has sent so many bytes. */
  resetAfterBytes?: number;
  /** Numbers of digital pins (2 to 7) that are wired to ground. */
  grounded?: readonly number[];
}

/** How the simulation went; `overruns` are bytes that the firmware was too slow to take, `damaged` those that noise hit. */
export interface BoardStatus {
  wallSeconds: number;
  chipSeconds: number;
  received: number;
  sent: number;
  lost: number;
  slips: number;
  overruns: number;
  damaged: number;
  avrBaud: number;
  hostBaud: number;
}

export type BoardEvent =
  | { event: 'ready'; pid: number; pty: string }
  /** An output pin changed; `us` is the chip's own time. */
  | { event: 'pin'; pin: 'LED'; value: 0 | 1; us: number }
  /** What the shift register shows now. */
  | { event: 'shift'; bits: number }
  /** A host opened or closed the port. */
  | { event: 'host'; open: boolean; baud: number }
  | { event: 'reset' }
  | ({ event: 'stat' } & BoardStatus)
  | ({ event: 'exit' } & BoardStatus);

/** A board that runs real firmware in a simulator, with its serial port as a device file. */
export interface AvrBoard {
  /** The port's device file. */
  path: string;
  /** Every event since the board started, and those to come; each is there for every reader. */
  events(): AsyncIterable<BoardEvent>;
  /** The next event that `wanted` accepts, not one that `waitFor` or `waitForPin` has passed already. */
  waitFor(wanted: (event: BoardEvent) => boolean): Promise<BoardEvent>;
  waitForPin(pin: 'LED', value: 0 | 1): Promise<BoardEvent>;
  /** Puts a voltage at an analogue input: channel 0 is A0. */
  setAdc(channel: number, millivolts: number): void;
  /** From now on about one byte in `period` is another one, either way; 0: none. */
  setNoise(period: number, seed: number): void;
  /** Presses the reset button. */
  reset(): void;
  status(): Promise<BoardStatus>;
  /** Pulls the plug: the device file is gone when this resolves. */
  unplug(): Promise<void>;
}

/** The boot loader of an Uno from the shop, optiboot, as Arduino's core has it. */
const OPTIBOOT = '/usr/share/arduino/hardware/arduino/avr/bootloaders/optiboot/optiboot_atmega328.hex';
const FIRST_PIN = 2;
/** Ports and bits of the chips behind the digital pins 2 to 7; 0 and 1 are the serial port. */
const PINS: Record<BoardModel, readonly string[]> = {
  uno: ['D 2', 'D 3', 'D 4', 'D 5', 'D 6', 'D 7'],
  mega: ['E 4', 'E 5', 'G 5', 'E 3', 'H 3', 'H 4'],
};

/** Builds the firmware if need be and starts a board with it. Throws where the tools for it are not installed. */
export async function startBoard(options: BoardOptions): Promise<AvrBoard> {
  const { board = 'uno', link, sketch } = options;
  const simulator = await buildSimulator();
  const firmware = await buildSketch(sketch, board);
  const flags = ['-m', CHIPS[board]];
  if (link !== undefined) flags.push('-l', link);
  if (options.resetOnOpen) flags.push('-r');
  if (options.garble) flags.push('-b');
  if (options.shiftRegister) flags.push('-s');
  if (options.bootLoader) flags.push('-B', OPTIBOOT);
  if (options.resetAfterBytes) flags.push('-c', `reset ${options.resetAfterBytes}`);
  for (const pin of options.grounded ?? []) flags.push('-c', `pin ${PINS[board][pin - FIRST_PIN]} 0`);
  const child = spawn(simulator, [...flags, firmware], { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const queue = new EventTrail<BoardEvent>();
  createInterface(child.stdout)
    .on('line', (line) => queue.push(JSON.parse(line) as BoardEvent))
    .on('close', () => queue.end('The simulated board has stopped.'));
  // A command to a board that has just stopped is lost, as it would be with a real one.
  child.stdin.on('error', () => {});
  const command = (text: string): void => void child.stdin.write(`${text}\n`);
  const ready = await queue.waitFor((event) => event.event === 'ready');
  const pty = ready.event === 'ready' ? ready.pty : '';
  return {
    path: link ?? pty,
    events: () => queue.all(),
    waitFor: (wanted) => queue.waitFor(wanted),
    waitForPin: (pin, value) =>
      queue.waitFor((event) => event.event === 'pin' && event.pin === pin && event.value === value),
    setAdc: (channel, millivolts) => command(`adc ${channel} ${millivolts}`),
    setNoise: (period, seed) => command(`noise ${period} ${seed}`),
    reset: () => command('reset'),
    status: async () => {
      command('stat');
      const event = await queue.waitFor(({ event }) => event === 'stat');
      if (event.event !== 'stat') throw new Error('the simulator gave no status');
      return event;
    },
    unplug: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
