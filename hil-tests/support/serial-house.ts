import { buildHouse } from '@crosscomm/testing/test-hub';
import { type Config, configSchema } from '../../gateway/src/app/config.ts';
import { systemClock } from '../../gateway/src/common/clock.ts';
import { silentLog } from '../../gateway/src/common/log.ts';
import { Message } from '../../gateway/src/hub/message.ts';
import type { Delivery, Session } from '../../gateway/src/hub/session.ts';
import { Incidents } from '../../gateway/src/observability/incidents.ts';
import { SerialDevices } from '../../gateway/src/protocols/lines/serial-devices.ts';
import { QueueBudget, WriteTurn } from '../../gateway/src/transports/outbox.ts';
import { openSerialListener, type SerialListener } from '../../gateway/src/transports/serial/listener.ts';
import { EventTrail } from './event-trail.ts';

/** A client in this process that tests can wait at. */
export class Listener implements Session {
  readonly id: string;
  readonly protocol = 'oocsi';
  readonly messages = new EventTrail<Message>();

  constructor(id: string) {
    this.id = id;
  }

  deliver(message: Message): Delivery {
    this.messages.push(message);
    return 'delivered';
  }

  close(): void {
    this.messages.end('The listener was closed.');
  }
}

export type Coming = { what: 'join' | 'leave'; id: string; atMs: number };

/** A hub with a real serial listener, on the machine's clock. */
export interface SerialHouse {
  listener: SerialListener;
  devices: SerialDevices;
  /** Clients that come and go. */
  comings: EventTrail<Coming>;
  /** How often each fault was reported, by listener and code. */
  faults(): Record<string, number>;
  /** Joins a listener and subscribes it. */
  listen(id: string, ...channels: string[]): Listener;
  sendDict(from: string, to: string, content: object): void;
  /** Closes the listener, waits for what is to happen `meanwhile`, and opens it again, as a restart of the gateway does. */
  reopen(meanwhile: () => Promise<unknown>): Promise<void>;
  close(): Promise<void>;
}

type SerialSettings = NonNullable<Parameters<typeof configSchema.parse>[0]>;

/** Opens a serial listener with these settings of `serial`. */
export async function openSerialHouse(serial: SerialSettings): Promise<SerialHouse> {
  const config: Config['serial'] = configSchema.parse({ serial }).serial;
  const clock = systemClock;
  const { access, hub, log, metrics, random } = buildHouse();
  const incidents = new Incidents(clock, silentLog, metrics);
  const context = { access, clock, hub, incidents, log, metrics, random };
  const devices = new SerialDevices(context, config);
  const comings = new EventTrail<Coming>();
  hub.events.on('join', (id) => comings.push({ what: 'join', id, atMs: performance.now() }));
  hub.events.on('leave', (id) => comings.push({ what: 'leave', id, atMs: performance.now() }));
  const open = (): Promise<SerialListener> =>
    openSerialListener({
      config,
      context,
      turn: new WriteTurn(),
      budget: new QueueBudget(1 << 20),
      connect: devices.connect,
    });
  const house: SerialHouse = {
    listener: await open(),
    devices,
    comings,
    faults: () => incidents.counts(),
    listen: (id, ...channels) => {
      const listener = new Listener(id);
      hub.join(listener);
      for (const channel of channels) hub.subscribe(listener, channel);
      return listener;
    },
    sendDict: (from, to, content) => {
      const body = JSON.stringify(content);
      hub.send(new Message({ from, to, kind: 'dict', body, timestampMs: clock.now() }));
    },
    reopen: async (meanwhile) => {
      await house.listener.close();
      await meanwhile();
      house.listener = await open();
    },
    close: () => house.listener.close(),
  };
  return house;
}
