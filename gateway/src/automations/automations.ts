import type { Clock } from '../common/clock.ts';
import type { ErrorCode } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import type { Metrics } from '../common/metrics.ts';
import { AUTOMATIONS } from '../common/names.ts';
import type { AutomationConfig } from '../config/automations.ts';
import type { Hub } from '../hub/hub.ts';
import type { Message } from '../hub/message.ts';
import { type Delivery, GATEWAY_PROTOCOL, type Session } from '../hub/session.ts';
import { type Automation, compileAutomation } from './automation.ts';
import { type DryRun, dryRun } from './dry-run.ts';
import { Engine, type Fault, type Moment } from './engine.ts';
import { includesFilter } from './filters.ts';
import { PAST_MS, Past } from './past.ts';

export interface AutomationsParts {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly config: readonly AutomationConfig[];
  readonly maxBytes: number;
  /** Whether those who have the rules of this account may hear or send to a channel; undefined: everything is allowed. */
  mayHear(account: string | undefined, channel: string): boolean;
  maySend(account: string | undefined, channel: string): boolean;
  report(incident: { door: string; who: string; code: ErrorCode; message: string }): void;
}

/** How it stands with one automation. */
export interface AutomationState {
  readonly config: AutomationConfig;
  readonly fired: number;
  readonly heldBack: number;
  readonly failed: number;
  /** Milliseconds since 1970; undefined: it has not sent since the gateway started. */
  readonly lastFiredMs: number | undefined;
  /** By which way it set itself off, for which it is stopped; undefined: it runs. */
  readonly loop: readonly string[] | undefined;
}

/** What automations would have sent, and how far back that goes. */
export interface TriedOut {
  readonly run: DryRun;
  /** Since when each has heard all that it looks at, in the order of the automations, as milliseconds since 1970; at most an hour ago. */
  readonly heardSinceMs: readonly number[];
  readonly untilMs: number;
}

/** What was said within the last hour may take this part of what automations may remember, beside it. */
const PAST_SHARE = 4;
/** How many filters are heard for the sake of dry runs alone; another one takes the place of the oldest. */
const MAX_TRIED = 20;
/** What is due within this time is sent together. */
const LEAST_WAIT_MS = 10;

/** The gateway's client `automations`, which hears what automations look at, and sends what they send. */
export class Automations implements Session {
  readonly id = AUTOMATIONS;
  readonly protocol = GATEWAY_PROTOCOL;
  readonly #parts: AutomationsParts;
  readonly #engine: Engine;
  readonly #past: Past;
  /** Since when each filter is heard, on the wall: those of the automations, and those that were only tried. */
  readonly #heard = new Map<string, number>();
  readonly #tried: string[] = [];
  #isOver = false;
  #timer: { dueMs: number; cancel: () => void } | undefined;

  constructor(parts: AutomationsParts) {
    const { hub, config, maxBytes } = parts;
    this.#parts = parts;
    this.#past = new Past(maxBytes / PAST_SHARE);
    this.#engine = new Engine(config.map(compileAutomation), {
      ...{ maxBytes, mayHear: this.#mayHear },
      send: (automation, message) => this.#send(automation, message),
      report: (automation, fault, detail) => this.#report(automation, fault, detail),
    });
    this.#count();
    hub.join(this);
    for (const { when } of config) this.#look(when);
  }

  /** Adds an automation, in place of the one of its name if there is one: that begins anew. */
  set(config: AutomationConfig): void {
    this.remove(config.name);
    this.#engine.add(compileAutomation(config));
    this.#look(config.when);
  }

  /** Takes one away; what it would have sent later is not sent. */
  remove(name: string): void {
    const gone = this.#configs().find((each) => each.name === name)?.when;
    if (gone === undefined) return;
    this.#engine.remove(name);
    if (!this.#tried.includes(gone)) this.#endHearing(gone);
  }

  /** Hears what automations look at. */
  #look(when: string): void {
    const at = this.#tried.indexOf(when);
    if (at >= 0) this.#tried.splice(at, 1);
    if (this.#heard.has(when) || this.#listen(when)) return;
    const message = `Automations cannot hear ${when}: it is private, or no channel.`;
    this.#parts.log.error({ code: 'AUTOMATION_FAILED', channel: when }, message);
  }

  #endHearing(filter: string): void {
    if (this.#configs().some(({ when }) => when === filter) || !this.#heard.delete(filter)) return;
    this.#parts.hub.unsubscribe(this, filter);
  }

  #configs(): AutomationConfig[] {
    return [...this.#engine].map(({ automation }) => automation.config);
  }

  readonly #mayHear = ({ config: { account } }: Automation, channel: string): boolean =>
    this.#parts.mayHear(account, channel);

  /** Hears what is sent to a filter from now on; false where it cannot. */
  #listen(filter: string): boolean {
    // What is retained was sent before the gateway ran, and would set everything off at each start.
    const outcome = this.#parts.hub.subscribe(this, filter, { retained: false });
    if (outcome !== 'subscribed' && outcome !== 'already') return false;
    this.#heard.set(filter, this.#parts.clock.now());
    return true;
  }

  /** How it stands with each, in the order of the configuration. */
  get states(): AutomationState[] {
    return [...this.#engine].map(({ automation, activity }) => ({ config: automation.config, ...activity }));
  }

  /**
   * What automations would have sent for what was said within the last hour, those of the configuration or others. What nobody has looked at so far is
   * heard from now on, so that the same question can be answered later.
   */
  tryOut(configs: readonly AutomationConfig[] = this.#configs()): TriedOut {
    const { maxBytes, maySend, hub, clock } = this.#parts;
    for (const { when } of configs) this.#hearToTry(when);
    const end = this.#moment();
    const past = this.#past.since(end.nowMs - PAST_MS);
    const run = dryRun(configs.map(compileAutomation), past, end, {
      ...{ maxBytes, mayHear: this.#mayHear, minuteOf: minuteOfDay },
      outcome: ({ config: { account } }, to) => {
        if (!maySend(account, to)) return 'refused';
        return hub.session(to) === undefined ? 'heard' : 'direct';
      },
    });
    const earliestMs = Math.max(end.wallMs - PAST_MS, this.#past.lostMs);
    return {
      ...{ run, untilMs: clock.now() },
      heardSinceMs: configs.map(({ when }) => Math.max(earliestMs, this.#heardSince(when) ?? end.wallMs)),
    };
  }

  #hearToTry(filter: string): void {
    if (this.#heardSince(filter) !== undefined || !this.#listen(filter)) return;
    if (this.#tried.push(filter) <= MAX_TRIED) return;
    this.#endHearing(this.#tried.shift() as string);
  }

  /** Since when all is heard that a filter matches. */
  #heardSince(filter: string): number | undefined {
    let sinceMs: number | undefined;
    for (const [heard, ms] of this.#heard) {
      if (includesFilter(heard, filter)) sinceMs = Math.min(sinceMs ?? ms, ms);
    }
    return sinceMs;
  }

  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.close();
  }

  close(): void {
    this.#parts.hub.leave(this, 'shutdown');
  }

  deliver(message: Message): Delivery {
    // What somebody sends to this client itself is for nobody. Everybody else gets the message before what comes of it.
    if (message.to !== this.id) queueMicrotask(() => this.#hear(message));
    return 'delivered';
  }

  #hear(message: Message): void {
    if (this.#isOver) return;
    const moment = this.#moment();
    this.#past.add(message, moment);
    this.#engine.hear(message, moment);
    this.#wait();
  }

  #moment(): Moment {
    const { clock } = this.#parts;
    const wallMs = clock.now();
    return { nowMs: clock.monotonicMs(), wallMs, minute: clock.isTrusted() ? minuteOfDay(wallMs) : undefined };
  }

  /** Sets the timer for what is due next. */
  #wait(): void {
    const { clock } = this.#parts;
    const { dueMs } = this.#engine;
    // What is due later meanwhile is looked at when the timer is over.
    if (dueMs === undefined || (this.#timer !== undefined && this.#timer.dueMs <= dueMs)) return;
    this.#timer?.cancel();
    const cancel = clock.after(Math.max(LEAST_WAIT_MS, dueMs - clock.monotonicMs()), () => {
      this.#timer = undefined;
      this.#engine.tick(this.#moment());
      this.#wait();
    });
    this.#timer = { dueMs, cancel };
  }

  #send(automation: Automation, message: Message): 'heard' | 'direct' | 'refused' {
    const { hub, maySend } = this.#parts;
    const { name, account } = automation.config;
    const { to } = message;
    if (!maySend(account, to)) {
      this.#report(automation, 'refused', `it may not send to ${to}`);
      return 'refused';
    }
    const isDirect = hub.session(to) !== undefined;
    const { reason } = hub.send(message, { passwords: true });
    if (reason !== undefined && reason !== 'no_recipient') {
      this.#report(automation, 'refused', `what it sends to ${to} is refused (${reason})`);
      if (reason === 'bad_name' || reason === 'not_allowed') return 'refused';
    }
    this.#parts.log.debug({ automation: name, to }, 'An automation has sent a message.');
    return isDirect ? 'direct' : 'heard';
  }

  #report({ config: { name } }: Automation, fault: Fault, detail: string): void {
    const [code, message] = incidentOf(name, fault, detail);
    this.#parts.report({ door: this.id, who: name, code, message });
  }

  #count(): void {
    const { metrics } = this.#parts;
    const sum = (of: (state: AutomationState) => number) => () => this.states.reduce((all, one) => all + of(one), 0);
    const fired = 'How often automations have sent something.';
    metrics.readCounter(
      { name: 'crosscomm_automation_firings_total', help: fired },
      sum((one) => one.fired),
    );
    const heldBack = 'How often automations would have sent something, but rested or had sent too often.';
    metrics.readCounter(
      { name: 'crosscomm_automation_held_back_total', help: heldBack },
      sum((one) => one.heldBack),
    );
    const failed = 'How often automations could not send: a value was missing, it was refused, or too large.';
    metrics.readCounter(
      { name: 'crosscomm_automation_failures_total', help: failed },
      sum((one) => one.failed),
    );
    const stopped = 'Automations that are stopped, as they set themselves off.';
    metrics.gauge(
      { name: 'crosscomm_automations_stopped', help: stopped },
      sum((one) => (one.loop ? 1 : 0)),
    );
    const bytes = 'Memory that automations take for what they remember of channels.';
    metrics.gauge({ name: 'crosscomm_automation_bytes', help: bytes, unit: 'bytes' }, () => this.#engine.bytes);
    const forgotten = 'How often automations forgot how it stood with a channel, as there was no room for more.';
    metrics.readCounter(
      { name: 'crosscomm_automation_forgotten_total', help: forgotten },
      () => this.#engine.forgotten,
    );
  }
}

/** The minute of the day in the zone of this machine. */
export function minuteOfDay(wallMs: number): number {
  const date = new Date(wallMs);
  return date.getHours() * 60 + date.getMinutes();
}

function incidentOf(name: string, fault: Fault, detail: string): [code: ErrorCode, message: string] {
  switch (fault) {
    case 'loop':
      return [
        'AUTOMATION_LOOP',
        `The automation ${name} is stopped until the gateway starts again, as it sets itself off or sends without end: ${detail}. Change its ` +
          'topic filter or its condition so that it does not look at what comes of its own messages.',
      ];
    case 'too_often':
      return ['AUTOMATION_FAILED', `The automation ${name} holds back: ${detail} (automations.maxPerMinute).`];
    default:
      return ['AUTOMATION_FAILED', `The automation ${name} did not send: ${detail}.`];
  }
}
