import { detachText } from '../../../hub/detach.ts';

/** How many are remembered; the one that was used least lately makes room. */
const MAX_REMEMBERED = 2000;
/** Rates are of about so long, and what is slower than this is silent. */
const RATE_MS = 3000;
const SILENT_PER_S = 0.05;

/** What is known of one thing: its latest, and how often there is a newer one. */
interface Activity<Latest> {
  readonly key: string;
  latest: Latest;
  /** Messages since it was told of, as far as can be told. */
  messages: number;
  /** Messages a second, of the last seconds. */
  rate: number;
  bornMs: number;
  isTold: boolean;
}

/** Something that has changed since it was told of. `perS`: messages a second, of the last seconds. */
export interface Change<Latest> {
  readonly latest: Latest;
  readonly perS: number;
}

/** What was looked at in this window: the last of it, and how often. */
interface Seen<Looked> {
  last: Looked;
  looks: number;
}

/** How often messages come to each of many things, such as channels, of those that were looked at and estimated for all; see MessageWatch. */
export class Activities<Looked, Latest> {
  readonly #clock: { monotonicMs(): number };
  readonly #keep: (looked: Looked) => Latest;
  readonly #known = new Map<string, Activity<Latest>>();
  readonly #seen = new Map<string, Seen<Looked>>();
  #beforeMs: number;
  /** When the window began. */
  #windowMs: number;

  /** `keep` makes what is remembered, with memory of its own, of what was looked at last in a window. */
  constructor(clock: { monotonicMs(): number }, keep: (looked: Looked) => Latest) {
    this.#clock = clock;
    this.#keep = keep;
    this.#beforeMs = clock.monotonicMs();
    this.#windowMs = this.#beforeMs;
  }

  /** Takes what was looked at, until the window ends. */
  look(key: string, looked: Looked): void {
    const seen = this.#seen.get(key);
    if (seen === undefined) {
      this.#seen.set(key, { last: looked, looks: 1 });
    } else {
      seen.last = looked;
      seen.looks++;
    }
  }

  /** A window is over, in which so many messages came for each that was looked at. */
  windowEnded(messagesPerLook: number): void {
    for (const [key, { last, looks }] of this.#seen) {
      const latest = this.#keep(last);
      const activity = this.#known.get(key) ?? newActivity(detachText(key), latest, this.#windowMs);
      activity.latest = latest;
      activity.messages += looks * messagesPerLook;
      activity.isTold = false;
      this.#known.delete(key);
      this.#known.set(activity.key, activity);
      if (this.#known.size > MAX_REMEMBERED) this.#known.delete(this.#known.keys().next().value as string);
    }
    this.#seen.clear();
    this.#windowMs = this.#clock.monotonicMs();
  }

  /** What has changed since this was asked last: those that come most often, where there are more than `most`. */
  changes(most: number): Change<Latest>[] {
    const nowMs = this.#clock.monotonicMs();
    const elapsedMs = Math.max(1, nowMs - this.#beforeMs);
    this.#beforeMs = nowMs;
    const kept = Math.exp(-elapsedMs / RATE_MS);
    const changed: Activity<Latest>[] = [];
    for (const activity of this.#known.values()) {
      if (activity.messages === 0 && activity.rate === 0 && activity.isTold) continue;
      const rate = activity.rate * kept + ((activity.messages * 1000) / elapsedMs) * (1 - kept);
      activity.rate = rate < SILENT_PER_S ? 0 : rate;
      activity.messages = 0;
      activity.isTold = true;
      changed.push(activity);
    }
    const told = changed.length > most ? changed.sort((one, other) => other.rate - one.rate) : changed;
    return told.slice(0, most).map((activity) => ({ latest: activity.latest, perS: rateOf(activity, nowMs) }));
  }
}

function newActivity<Latest>(key: string, latest: Latest, bornMs: number): Activity<Latest> {
  return { key, latest, messages: 0, rate: 0, bornMs, isTold: false };
}

/** The rate of what is known for a short time is of that time alone. */
function rateOf({ rate, bornMs }: Pick<Activity<unknown>, 'rate' | 'bornMs'>, nowMs: number): number {
  const part = 1 - Math.exp(-Math.max(1000, nowMs - bornMs) / RATE_MS);
  const perS = rate / part;
  return perS < 10 ? Math.round(perS * 10) / 10 : Math.round(perS);
}
