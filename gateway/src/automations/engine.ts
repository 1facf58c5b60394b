import { AUTOMATIONS } from '../common/names.ts';
import { hasPassword } from '../hub/address.ts';
import { toBoolean } from '../hub/functional/value.ts';
import { Message } from '../hub/message.ts';
import { TopicTrie } from '../hub/topic-trie.ts';
import { type Automation, isWithin, type Output } from './automation.ts';
import { type Cause, ChannelState, type Pending } from './channel-state.ts';
import { Seen } from './seen.ts';

/** A moment: by a clock that never goes back, and by the one on the wall. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
  /** The minute of the day, in the zone of the machine; undefined while the clock is not known to be right. */
  readonly minute: number | undefined;
}

/** What automations did, in numbers. */
export interface Activity {
  /** How often it sent. */
  fired: number;
  /** How often it would have sent, but rested or had sent too often. */
  heldBack: number;
  /** How often it could not send: a value is missing, it may not, or the message is too large. */
  failed: number;
  lastFiredMs: number | undefined;
  /** The way by which it set itself off, for which it is stopped. */
  loop: readonly string[] | undefined;
}

export type Fault = 'value' | 'refused' | 'too_large' | 'loop' | 'too_often';

export interface EngineParts {
  /** Most bytes of all that is remembered. */
  readonly maxBytes: number;
  /** Whether an automation may hear what is sent to a channel. */
  mayHear(automation: Automation, channel: string): boolean;
  /** Sends a message; `heard`: those who listen to the channel get it, so automations look at it too. */
  send(automation: Automation, message: Message): 'heard' | 'direct' | 'refused';
  /** Something went wrong; `detail` says what, for people. */
  report(automation: Automation, fault: Fault, detail: string): void;
}

interface Running {
  readonly automation: Automation;
  readonly activity: Activity;
  minuteMs: number;
  inMinute: number;
}

interface Kept {
  readonly key: string;
  readonly running: Running;
  readonly state: ChannelState;
  firedMs: number;
  bytes: number;
}

/** What the state of one automation on one channel needs in memory at most, about, with windows and 50 times, without names and what waits. */
const STATE_BYTES = 2000;
/** How many messages may come of one that a client sent. */
const MAX_OF_ONE = 100;
const MINUTE_MS = 60_000;

/**
 * Decides what automations send. It is pure: time is handed in, and messages are handed to `send`. What it remembers is bounded: what was used
 * longest ago makes room, and is then as if nothing had been heard on that channel yet.
 */
export class Engine {
  readonly #parts: EngineParts;
  readonly #filters = new TopicTrie<Running>();
  readonly #all = new Map<string, Running>();
  /** What was used longest ago is first. */
  readonly #kept = new Map<string, Kept>();
  readonly #waiting = new Set<Kept>();
  readonly #queue: { message: Message; cause: Cause }[] = [];
  #bytes = 0;
  #isBusy = false;
  #dueMs: number | undefined;
  /** How often something that was remembered made room. */
  forgotten = 0;

  constructor(automations: readonly Automation[], parts: EngineParts) {
    this.#parts = parts;
    for (const automation of automations) this.add(automation);
  }

  /** Adds an automation of another name than all that are there. */
  add(automation: Automation): void {
    const { name, when } = automation.config;
    const activity: Activity = { fired: 0, heldBack: 0, failed: 0, lastFiredMs: undefined, loop: undefined };
    const running = { automation, activity, minuteMs: Number.NEGATIVE_INFINITY, inMinute: 0 };
    this.#all.set(name, running);
    this.#filters.set(when, name, running);
  }

  /** Takes one away, with all that it remembers and what it would have sent later. */
  remove(name: string): void {
    const running = this.#all.get(name);
    if (running === undefined) return;
    this.#all.delete(name);
    this.#filters.delete(running.automation.config.when, name);
    for (const kept of this.#kept.values()) if (kept.running === running) this.#drop(kept);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** When `tick` is to be called at the latest; undefined: not before another message. */
  get dueMs(): number | undefined {
    return this.#dueMs;
  }

  /** All automations with what they did, in the order of the configuration. */
  *[Symbol.iterator](): Generator<{ automation: Automation; activity: Readonly<Activity> }> {
    yield* this.#all.values();
  }

  /** Takes in a message that somebody sent to a channel. */
  hear(message: Message, moment: Moment): void {
    this.#queue.push({ message, cause: { path: [], room: { left: MAX_OF_ONE } } });
    this.#work(moment);
  }

  /** Sends what is due. */
  tick(moment: Moment): void {
    this.#dueMs = undefined;
    for (const kept of [...this.#waiting]) {
      const { dueMs } = kept.state;
      if (dueMs !== undefined && dueMs <= moment.nowMs) {
        if (kept.state.tick(this.#isInTime(kept, moment), moment.nowMs) === 'send') this.#fire(kept, moment);
      }
      this.#settle(kept);
    }
    this.#work(moment);
  }

  /** What is sent meanwhile waits its turn, so that a long chain is no deep one. */
  #work(moment: Moment): void {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#look(next, moment);
    } finally {
      this.#isBusy = false;
    }
  }

  #look({ message, cause }: { message: Message; cause: Cause }, moment: Moment): void {
    let seen: Seen | undefined;
    this.#filters.match(message.to, (running) => {
      const { automation, activity } = running;
      if (activity.loop !== undefined || !this.#parts.mayHear(automation, message.to)) return;
      seen ??= new Seen(message);
      const fields = seen;
      const kept = this.#keep(running, message.to);
      const { condition } = kept.state;
      const isTrue = condition === undefined ? true : toBoolean(condition(fields));
      // A message that does not have what is asked for says nothing about it.
      if (isTrue === undefined) return;
      const make = (): Pending | undefined => this.#make(running, fields, message, cause);
      const step = kept.state.hear(isTrue, this.#isInTime(kept, moment), moment.nowMs, make);
      if (step === 'send') this.#fire(kept, moment);
      this.#settle(kept);
    });
  }

  #isInTime({ running: { automation } }: Kept, { minute }: Moment): boolean {
    if (automation.between === undefined) return true;
    return minute !== undefined && isWithin(minute, automation.between);
  }

  /** What an automation would send for a message; undefined where it cannot. */
  #make(running: Running, fields: Seen, message: Message, cause: Cause): Pending | undefined {
    const { automation } = running;
    const outputs = automation.outputs(fields, message);
    if (typeof outputs === 'number') {
      const { channel } = automation.config.send[outputs - 1] ?? {};
      this.#fail(running, 'value', `a value for what it sends to ${channel} is missing in a message on ${message.to}`);
      return undefined;
    }
    if (bytesOf(outputs) * 4 > this.#parts.maxBytes) {
      this.#fail(running, 'too_large', 'what it sends is longer than a quarter of limits.maxAutomationBytes');
      return undefined;
    }
    return { outputs, cause };
  }

  #fire(kept: Kept, moment: Moment): void {
    const { running } = kept;
    const { automation, activity } = running;
    const pending = kept.state.take();
    if (pending === undefined || activity.loop !== undefined) return;
    const { name, pauseMs } = automation.config;
    const { nowMs } = moment;
    if (nowMs - kept.firedMs < pauseMs) {
      activity.heldBack++;
      return;
    }
    const { path, room } = pending.cause;
    if (path.includes(name) || room.left < pending.outputs.length) {
      const way = path.includes(name) ? [...path.slice(path.indexOf(name)), name] : [...path, name];
      activity.loop = way;
      this.#parts.report(automation, 'loop', way.join(' > '));
      return;
    }
    if (this.#isTooOften(running, nowMs)) {
      activity.heldBack++;
      this.#parts.report(
        automation,
        'too_often',
        `it would send more than ${automation.config.maxPerMinute} times a minute`,
      );
      return;
    }
    kept.firedMs = nowMs;
    activity.fired++;
    activity.lastFiredMs = moment.wallMs;
    for (const output of pending.outputs) this.#send(running, output, { path: [...path, name], room }, moment);
  }

  #send(running: Running, output: Output, cause: Cause, { wallMs }: Moment): void {
    cause.room.left--;
    const message = new Message({ ...output, from: AUTOMATIONS, timestampMs: wallMs });
    const outcome = this.#parts.send(running.automation, message);
    if (outcome === 'refused') running.activity.failed++;
    // What is sent to a private channel is for those who know its password.
    else if (outcome === 'heard' && !hasPassword(message.to)) this.#queue.push({ message, cause });
  }

  #isTooOften(running: Running, nowMs: number): boolean {
    if (nowMs - running.minuteMs >= MINUTE_MS) {
      running.minuteMs = nowMs;
      running.inMinute = 0;
    }
    return ++running.inMinute > running.automation.config.maxPerMinute;
  }

  #fail(running: Running, fault: Fault, detail: string): void {
    running.activity.failed++;
    this.#parts.report(running.automation, fault, detail);
  }

  /** The state of an automation on a channel, which is now the one that was used last. */
  #keep(running: Running, channel: string): Kept {
    const { config } = running.automation;
    const key = `${config.name} ${channel}`;
    let kept = this.#kept.get(key);
    if (kept === undefined) {
      const state = new ChannelState(config, running.automation.condition());
      kept = { key, running, state, firedMs: Number.NEGATIVE_INFINITY, bytes: 0 };
    } else this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  /** Counts what a state needs now, and notes when it is due. */
  #settle(kept: Kept): void {
    if (this.#kept.get(kept.key) !== kept) return;
    const { dueMs, waiting } = kept.state;
    const bytes = STATE_BYTES + 2 * kept.key.length + bytesOf(waiting);
    this.#bytes += bytes - kept.bytes;
    kept.bytes = bytes;
    if (dueMs === undefined) this.#waiting.delete(kept);
    else {
      this.#waiting.add(kept);
      this.#dueMs = Math.min(this.#dueMs ?? dueMs, dueMs);
    }
    for (const oldest of this.#kept.values()) {
      if (this.#bytes <= this.#parts.maxBytes || oldest === kept) break;
      this.#drop(oldest);
      this.forgotten++;
    }
  }

  #drop(kept: Kept): void {
    this.#kept.delete(kept.key);
    this.#waiting.delete(kept);
    this.#bytes -= kept.bytes;
  }
}

function bytesOf(outputs: readonly Output[]): number {
  return outputs.reduce((sum, { to, body }) => sum + 200 + 2 * to.length + 2 * body.length, 0);
}
