import type { Duplex } from 'node:stream';

/** Where the protocol level stands in a CONNECT whose name is `MQTT` or `MQIsdp`, after its fixed header. */
const NAMES: readonly [name: Buffer, versions: readonly number[]][] = [
  [Buffer.from('\0\x04MQTT'), [4, 5]],
  [Buffer.from('\0\x06MQIsdp'), [3]],
];
const CONNECT = 0x10;
/** A bridge of mosquitto's sets this bit of the level. */
const BRIDGE = 0x80;

/** The protocol level that a connection begins with; 0: none that there is, undefined: more has to come. */
export function protocolLevel(bytes: Buffer): number | undefined {
  if (bytes.length === 0) return undefined;
  if (bytes[0] !== CONNECT) return 0;
  let at = 1;
  while (at < bytes.length && at <= 4 && (bytes[at] as number) >= 0x80) at++;
  const name = bytes.subarray(at + 1);
  for (const [known, versions] of NAMES) {
    const there = Math.min(name.length, known.length);
    if (known.compare(name, 0, there, 0, there) !== 0) continue;
    const level = name[known.length];
    if (level === undefined) return undefined;
    return versions.includes(level & ~BRIDGE) ? level & ~BRIDGE : 0;
  }
  return 0;
}

export interface FirstBytes {
  /** What has come, and the protocol level that it says; 0 where it says none. */
  read(level: number, head: Buffer): void;
  /** Nothing that says a level came in time, or the other end has gone. */
  missing(hasGone: boolean): void;
}

const ENDS = ['end', 'error', 'close'] as const;

/** New connections of which too little has come to say which version of MQTT they speak. */
export class Newcomers {
  readonly #timeoutMs: number;
  readonly #waiting = new Map<Duplex, { sinceMs: number; expire(): void }>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Reads as much of a connection as says its version. */
  take(stream: Duplex, nowMs: number, answer: FirstBytes): void {
    let head: Buffer = Buffer.alloc(0);
    const stop = (): void => {
      this.#waiting.delete(stream);
      stream.removeListener('data', take);
      for (const event of ENDS) stream.removeListener(event, gone);
    };
    const take = (chunk: Buffer): void => {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      const level = protocolLevel(head);
      if (level === undefined) return;
      stop();
      answer.read(level, head);
    };
    const missing = (hasGone: boolean): void => {
      stop();
      answer.missing(hasGone);
    };
    const gone = (): void => missing(true);
    this.#waiting.set(stream, { sinceMs: nowMs, expire: () => missing(false) });
    stream.on('data', take);
    for (const event of ENDS) stream.on(event, gone);
  }

  /** Looks, about every second, for whom it has been too long. */
  tick(nowMs: number): void {
    for (const { sinceMs, expire } of this.#waiting.values()) {
      if (nowMs - sinceMs < this.#timeoutMs) return;
      expire();
    }
  }

  /** Ends them all. */
  close(): void {
    for (const stream of this.#waiting.keys()) stream.destroy();
  }
}
