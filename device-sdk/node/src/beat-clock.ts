/** What the gateway tells of a beat. */
export interface BeatMark {
  /** The number of the last pulse. */
  beat: number;
  /** From pulse to pulse. */
  periodMs: number;
  /** How long ago that pulse was when this was sent. */
  lateMs: number;
}

/** What of the distance to a mark is made good, of the phase and of the period: the messages of a network come some milliseconds late or later. */
const PHASE_GAIN = 0.3;
const PERIOD_GAIN = 0.04;
/** A mark that is farther off than the others mostly are counts as if it were so far: this much, and so many times what is usual. */
const LEAST_OFF_MS = 3;
const USUAL_TIMES = 3;
const USUAL_GAIN = 1 / 16;
const USUAL_FIRST_MS = 5;
/** After so many marks in a row that are farther off than this, all in the same direction, the beat itself has moved. */
const MOVED_MARKS = 4;
const MOVED_MS = 60;

/**
 * A beat by a clock of one's own: learns from each mark when the pulses are and how much faster or slower the own clock runs, and so pulses
 * also where a mark comes late, or does not come. Pure: it is given the time, in milliseconds of any clock that never steps.
 */
export class BeatClock {
  #beat = 0;
  /** By the own clock: the pulse of that number, and the time from one to the next. */
  #pulseMs = 0;
  #periodMs = 0;
  #toldPeriodMs = 0;
  /** How far off marks are, mostly. */
  #usualMs = USUAL_FIRST_MS;
  #givenMs = Number.NEGATIVE_INFINITY;
  /** How many marks in a row were far off: later where it is positive, earlier where it is negative. */
  #far = 0;
  /** By how much the numbers of the last marks were behind those counted here, and how many marks in a row were so. */
  #behind = { pulses: 0, marks: 0 };

  /** Whether there has been a mark. */
  get isKnown(): boolean {
    return this.#toldPeriodMs > 0;
  }

  /** From pulse to pulse, as the gateway counts it; 0 before the first mark. */
  get periodMs(): number {
    return this.#toldPeriodMs;
  }

  /** A mark has come. */
  hear({ beat, periodMs, lateMs }: BeatMark, nowMs: number): void {
    if (!(periodMs > 0) || !Number.isFinite(periodMs) || !Number.isFinite(lateMs) || !Number.isFinite(beat)) return;
    const pulseMs = nowMs - lateMs;
    if (!this.isKnown) this.#begin(beat, pulseMs, periodMs);
    if (periodMs !== this.#toldPeriodMs) this.#periodMs *= periodMs / this.#toldPeriodMs;
    this.#toldPeriodMs = periodMs;
    const pulses = Math.round((pulseMs - this.#pulseMs) / this.#periodMs);
    const offMs = pulseMs - this.#pulseMs - pulses * this.#periodMs;
    this.#beat = this.#numberOf(beat, this.#beat + pulses);
    if (this.#hasMoved(offMs)) {
      this.#begin(beat, pulseMs, periodMs);
      return;
    }
    const mostMs = LEAST_OFF_MS + USUAL_TIMES * this.#usualMs;
    const countsMs = Math.min(mostMs, Math.max(-mostMs, offMs));
    this.#usualMs += USUAL_GAIN * (Math.abs(countsMs) - this.#usualMs);
    this.#pulseMs += pulses * this.#periodMs + PHASE_GAIN * countsMs;
    if (pulses > 0) this.#periodMs += (PERIOD_GAIN * countsMs) / pulses;
  }

  /** When the next pulse is, by the own clock; undefined before the first mark. */
  get dueMs(): number | undefined {
    return this.isKnown ? this.#pulseMs + this.#next() * this.#periodMs : undefined;
  }

  /** The number of the pulse that is due and was not given yet; undefined where there is none. */
  take(nowMs: number): number | undefined {
    const { dueMs } = this;
    if (dueMs === undefined || nowMs < dueMs) return undefined;
    const late = Math.floor((nowMs - dueMs) / this.#periodMs);
    const number = this.#beat + this.#next() + late;
    this.#givenMs = dueMs + late * this.#periodMs;
    return number;
  }

  /** Where in the time between two pulses it is: from 0 at a pulse to less than 1. */
  phase(nowMs: number): number {
    if (!this.isKnown) return 0;
    const cycles = (nowMs - this.#pulseMs) / this.#periodMs;
    return cycles - Math.floor(cycles);
  }

  #begin(beat: number, pulseMs: number, periodMs: number): void {
    this.#beat = beat;
    this.#pulseMs = pulseMs;
    if (this.#toldPeriodMs !== periodMs || this.#periodMs === 0) this.#periodMs = periodMs;
    this.#toldPeriodMs = periodMs;
    if (this.#givenMs === Number.NEGATIVE_INFINITY) this.#givenMs = pulseMs;
    this.#far = 0;
  }

  #hasMoved(offMs: number): boolean {
    const isFar = Math.abs(offMs) >= MOVED_MS;
    const isSame = Math.sign(offMs) === Math.sign(this.#far);
    this.#far = isFar ? Math.sign(offMs) + (isSame ? this.#far : 0) : 0;
    return Math.abs(this.#far) >= MOVED_MARKS;
  }

  /**
   * The number of the pulse that a mark is nearest to. One that comes a whole pulse late has the number of the one before, which does not
   * count; but where they stay behind, the gateway has begun anew.
   */
  #numberOf(told: number, counted: number): number {
    const pulses = counted - told;
    this.#behind = { pulses, marks: pulses === this.#behind.pulses ? this.#behind.marks + 1 : 1 };
    return pulses > 0 && this.#behind.marks < MOVED_MARKS ? counted : told;
  }

  /** Which pulse after that of the last mark is next; one that was given does not come again where it has moved a little. */
  #next(): number {
    return Math.ceil((this.#givenMs + this.#periodMs / 2 - this.#pulseMs) / this.#periodMs);
  }
}
