import type { Hub } from '../../../hub/hub.ts';
import { Message } from '../../../hub/message.ts';
import { type Delivery, GATEWAY_PROTOCOL, type Session } from '../../../hub/session.ts';
import type { SessionContext } from '../../context.ts';
import { type Announcer, SERVER } from './announcer.ts';

const ECHO = 'echo';
const TIME = 'timechannel';
const TEST = 'testchannel';
const TIME_INTERVAL_MS = 1000;
const TEST_INTERVAL_MS = 333;
/** A client that subscribes has a second to get ready for what it is to be sent. */
const TEST_PAUSE_TICKS = 3;

/** A client of the gateway's own; `receive` gets each message to it. It subscribes to its name to be listed. */
export class BuiltInClient implements Session {
  readonly id: string;
  readonly protocol = GATEWAY_PROTOCOL;
  readonly #hub: Hub;
  readonly #receive: (message: Message) => void;

  constructor(hub: Hub, id: string, receive: (message: Message) => void) {
    this.id = id;
    this.#hub = hub;
    this.#receive = receive;
  }

  /** Comes online, and listens to its own name and `channels`. */
  join(channels: readonly string[] = []): void {
    this.#hub.reserve(this.id);
    this.#hub.join(this);
    for (const channel of [this.id, ...channels]) this.#hub.subscribe(this, channel, { retained: false });
  }

  deliver(message: Message): Delivery {
    this.#receive(message);
    return 'delivered';
  }

  close(): void {
    this.#hub.leave(this, 'shutdown');
  }
}

/**
 * The client `echo`, which sends back what it gets, and the channels `timechannel` (each second) and `testchannel`
 * (three times a second, a second after its first subscriber), which are silent while nobody subscribes. No client can take their names.
 */
export class BuiltInClients {
  readonly #echo: BuiltInClient;
  readonly #endings: (() => void)[];

  constructor(context: SessionContext, announcer: Announcer) {
    const { hub, clock } = context;
    for (const name of [SERVER, TIME, TEST]) hub.reserve(name);
    this.#echo = new BuiltInClient(hub, ECHO, (message) => {
      // To the name of somebody who is not here it would be a message to a channel that its sender may not send to.
      if (message.from === ECHO || hub.session(message.from) === undefined) return;
      const { kind, body, objectKey } = message;
      hub.send(new Message({ from: ECHO, to: message.from, kind, body, objectKey, timestampMs: clock.now() }));
    });
    this.#echo.join();
    let step = -TEST_PAUSE_TICKS;
    this.#endings = [
      clock.every(TIME_INTERVAL_MS, () => {
        if (announcer.hasListener(TIME)) announcer.send(SERVER, TIME, timeFields(clock.now()));
      }),
      clock.every(TEST_INTERVAL_MS, () => {
        if (!announcer.hasListener(TEST)) step = -TEST_PAUSE_TICKS;
        else if (step++ >= 0) announcer.send(SERVER, TEST, testFields(step - 1));
      }),
    ];
  }

  stop(): void {
    for (const end of this.#endings) end();
    this.#echo.close();
  }
}

/**
 * The time of this machine's clock and zone. As on the reference server, `M` counts months from 0 and `dw` weekdays
 * from 1, which is Sunday; `h` is 0 to 23, `timestamp` milliseconds since 1970, `datetime` `yyyy-MM-ddTHH:mm:ss`.
 */
export function timeFields(nowMs: number): Record<string, number | string> {
  const now = new Date(nowMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return {
    y: now.getFullYear(),
    M: now.getMonth(),
    d: now.getDate(),
    dw: now.getDay() + 1,
    h: now.getHours(),
    m: now.getMinutes(),
    s: now.getSeconds(),
    timestamp: nowMs,
    datetime: `${date}T${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`,
  };
}

/** Two numbers from 20 to 160 that move like slow waves: a hue and the angle of a servo, say. */
function testFields(step: number): Record<string, number> {
  return { color: 90 + Math.round(Math.sin(step / 20) * 70), position: 90 + Math.round(Math.cos(step / 25) * 70) };
}
