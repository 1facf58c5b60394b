import { compileAutomation } from '../../src/automations/automation.ts';
import { Engine, type Moment } from '../../src/automations/engine.ts';
import { automations } from '../../src/config/automations.ts';
import { Message } from '../../src/hub/message.ts';

export interface Bench {
  engine: Engine;
  /** What was sent since it was last looked at, as `CHANNEL BODY`. */
  sent(): string[];
  faults: string[];
  /** Somebody sends an object, or a text. */
  say(to: string, body: object | string, from?: string): void;
  /** Lets time pass, and has the engine do what is due. */
  pass(ms: number): void;
  /** Sets the time of day; undefined: the clock is not known to be right. */
  setMinute(minute: number | undefined): void;
}

/** An engine with these automations, as the configuration has them, and a clock that is moved by hand. */
export function buildBench(
  config: object[],
  { maxBytes = 2 ** 20, mayHear = (_channel: string): boolean => true } = {},
): Bench {
  let nowMs = 1_000_000;
  let minute: number | undefined = 12 * 60;
  const log: string[] = [];
  const faults: string[] = [];
  const engine = new Engine(automations.parse(config).map(compileAutomation), {
    maxBytes,
    mayHear: (_automation, channel) => mayHear(channel),
    send(_automation, { to, body }) {
      log.push(`${to} ${body}`);
      return 'heard';
    },
    report: ({ config: { name } }, fault, detail) => void faults.push(`${name} ${fault}: ${detail}`),
  });
  const moment = (): Moment => ({ nowMs, wallMs: nowMs, minute });
  return {
    ...{ engine, faults },
    sent: () => log.splice(0),
    say(to, body, from = 'someone') {
      const kind = typeof body === 'string' ? 'text' : 'dict';
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      engine.hear(new Message({ from, to, kind, body: text, timestampMs: nowMs }), moment());
    },
    pass(ms) {
      const endMs = nowMs + ms;
      for (let due = engine.dueMs; due !== undefined && due <= endMs; due = engine.dueMs) {
        nowMs = Math.max(nowMs, due);
        engine.tick(moment());
      }
      nowMs = endMs;
    },
    setMinute(next) {
      minute = next;
    },
  };
}
