import type { AutomationConfig } from '../config/automations.ts';
import type { Expression } from '../hub/functional/expression.ts';
import type { Output } from './automation.ts';

/** What set something off: the automations that it came through, and how many more messages may come of it. */
export interface Cause {
  readonly path: readonly string[];
  readonly room: { left: number };
}

/** What is to be sent, and of what it comes. */
export interface Pending {
  readonly outputs: readonly Output[];
  readonly cause: Cause;
}

const NONE: readonly Output[] = [];

/** What came of a message or of time that has passed: `wait`: nothing yet. */
type Step = 'send' | 'wait';

/**
 * How it stands with one automation on one channel: edge, hold, window and debounce, in this order. Times are those of a clock that never goes
 * back, in milliseconds.
 */
export class ChannelState {
  readonly condition: Expression | undefined;
  readonly #config: AutomationConfig;
  /** It was true at some time; before that it cannot become false. */
  #hasBeenTrue = false;
  #wasOn = false;
  /** When it has held for long enough; undefined: it does not hold, or has sent for that. */
  #heldMs: number | undefined;
  /** What is to be sent then. */
  #held: Pending | undefined;
  /** When it was on, lately. */
  #times: number[] = [];
  #quietMs: number | undefined;
  #pending: Pending | undefined;

  constructor(config: AutomationConfig, condition: Expression | undefined) {
    this.#config = config;
    this.condition = condition;
  }

  /** When `tick` is to be called; undefined: it waits for messages only. */
  get dueMs(): number | undefined {
    if (this.#heldMs === undefined || this.#quietMs === undefined) return this.#heldMs ?? this.#quietMs;
    return Math.min(this.#heldMs, this.#quietMs);
  }

  /** What is to be sent when time has passed. */
  get waiting(): readonly Output[] {
    if (this.#held === undefined && this.#pending === undefined) return NONE;
    return [...(this.#held?.outputs ?? NONE), ...(this.#pending?.outputs ?? NONE)];
  }

  /**
   * Takes in whether a message fulfils the condition, at a time of day that counts or not. `make` gives what would be sent for it; it is called
   * only where that is needed.
   */
  hear(isTrue: boolean, isInTime: boolean, nowMs: number, make: () => Pending | undefined): Step {
    const { edge, holdMs } = this.#config;
    if (isTrue) this.#hasBeenTrue = true;
    const isMet = edge === 'falling' ? !isTrue && this.#hasBeenTrue : isTrue;
    const isOn = isMet && isInTime;
    const wasOn = this.#wasOn;
    this.#wasOn = isOn;
    if (!isOn) {
      // What already counts for a debounce is not taken back.
      this.#held = undefined;
      this.#heldMs = undefined;
      return 'wait';
    }
    if (holdMs > 0) {
      if (!wasOn) this.#heldMs = nowMs + holdMs;
      if (this.#heldMs !== undefined) this.#held = make();
      return 'wait';
    }
    if (edge !== 'none' && wasOn) return 'wait';
    return this.#count(nowMs, make);
  }

  /** Says what is due now. */
  tick(isInTime: boolean, nowMs: number): Step {
    if (this.#heldMs !== undefined && this.#heldMs <= nowMs) {
      this.#heldMs = undefined;
      const held = this.#held;
      this.#held = undefined;
      return isInTime ? this.#count(nowMs, () => held) : 'wait';
    }
    if (this.#quietMs === undefined || this.#quietMs > nowMs) return 'wait';
    this.#quietMs = undefined;
    return 'send';
  }

  /** Takes out what is to be sent. */
  take(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    return pending;
  }

  #count(nowMs: number, make: () => Pending | undefined): Step {
    const { window, debounceMs } = this.#config;
    if (window !== undefined) {
      this.#times = this.#times.filter((ms) => nowMs - ms < window.withinMs);
      this.#times.push(nowMs);
      if (this.#times.length < window.count) return 'wait';
      this.#times = [];
    }
    this.#pending = make();
    if (debounceMs === 0) return 'send';
    this.#quietMs = nowMs + debounceMs;
    return 'wait';
  }
}
