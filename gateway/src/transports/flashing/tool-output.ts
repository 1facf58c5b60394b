import type { Programmer } from './events.ts';

/** How far a program is. */
export interface ToolProgress {
  stage: 'writing' | 'verifying';
  /** Whole ones, 0 to 100. */
  percent: number;
}

/** What is kept of the end of what a program says. */
const MAX_TAIL = 4000;
/** One `#` of avrdude. */
const PERCENT_A_MARK = 2;

const OUT_OF_STEP = /not in sync|not responding|expects (?:OK|sync) byte|unknown response/i;

/** Reads what a program says while it flashes a board: how far it is, and what its last words were. Chunks may be cut anywhere. */
export class ToolOutput {
  readonly #tool: Programmer;
  readonly #tell: (progress: ToolProgress) => void;
  #tail = '';
  #line = '';
  #hasWritten = false;
  #last = '';

  constructor(tool: Programmer, tell: (progress: ToolProgress) => void) {
    this.#tool = tool;
    this.#tell = tell;
  }

  push(text: string): void {
    this.#tail = (this.#tail + text).slice(-MAX_TAIL);
    for (const piece of text.split(/(?<=[\r\n])/)) {
      this.#line = (this.#line + piece).slice(-MAX_TAIL);
      this.#look();
      if (/[\r\n]$/.test(this.#line)) this.#line = '';
    }
  }

  /** Its last lines that say something, for a person. */
  get lastWords(): string {
    const lines = this.#tail
      .split(/[\r\n]+/)
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/\|\s*#|━|^avrdude done|TIOCMGET/.test(line));
    return lines.slice(-3).join(' / ').slice(-600);
  }

  /** A boot loader and the program have lost each other before anything was written, as happens where a machine does much else: another try mends it. */
  get isOutOfStep(): boolean {
    return this.#tool === 'avrdude' && this.#last === '' && OUT_OF_STEP.test(this.#tail);
  }

  /** All that is kept, to look for what went wrong in. */
  get tail(): string {
    return this.#tail;
  }

  #look(): void {
    const progress = this.#tool === 'avrdude' ? this.#avrdude() : this.#percent();
    if (progress === undefined) return;
    const key = `${progress.stage} ${progress.percent}`;
    if (key === this.#last) return;
    this.#last = key;
    this.#tell(progress);
  }

  /** `Writing | #####`, with a mark for each two hundredths; `Reading` is what it reads back, once it has written. */
  #avrdude(): ToolProgress | undefined {
    const found = /^(Writing|Reading) \| (#*)/.exec(this.#line);
    if (found === null) return undefined;
    if (found[1] === 'Writing') this.#hasWritten = true;
    if (!this.#hasWritten) return undefined;
    const percent = Math.min(100, (found[2] ?? '').length * PERCENT_A_MARK);
    return { stage: found[1] === 'Writing' ? 'writing' : 'verifying', percent };
  }

  /** esptool and picotool say how many per cent it is. */
  #percent(): ToolProgress | undefined {
    if (/^Hash of data verified|^Verifying/.test(this.#line)) this.#hasWritten = true;
    const found = /(\d{1,3})(?:\.\d{1,3})?\s?%/.exec(this.#line);
    if (found === null) return undefined;
    const stage = this.#hasWritten ? 'verifying' : 'writing';
    return { stage, percent: Math.min(100, Number(found[1])) };
  }
}

/** What a program's words mean, and what to do: a sentence; undefined where nothing is known of them. */
export function explainFailure(output: string, board: string): string | undefined {
  if (
    /not in sync|not responding|expects (?:OK|sync) byte|stk500v2_\w+|timed? ?out.*signature|unable to open programmer/i.test(
      output,
    )
  ) {
    return (
      `The boot loader of the board did not answer. Is its kind really ${board}? A Nano may be a nano-old, with another speed. ` +
      'A capacitor at its reset pin keeps it from being flashed.'
    );
  }
  if (/wrong ['"]?--?chip|This chip is/i.test(output)) return 'The firmware is for another chip than the board has.';
  if (/signature/i.test(output) && /double check|expected/i.test(output)) {
    return 'The firmware is for another chip than the board has.';
  }
  if (/failed to connect|no serial data|wrong boot mode/i.test(output)) {
    return 'The boot loader of the chip did not answer: hold its button BOOT down while flashing begins.';
  }
  if (/permission denied/i.test(output)) {
    return 'The gateway may not open the port; add its user to the group dialout, and start it again.';
  }
  if (/resource busy|temporarily unavailable|in use/i.test(output)) return 'Another program has the port open.';
  if (/no accessible|no such file|could not open|cannot open port/i.test(output))
    return 'The board is not there any more.';
  return undefined;
}
