import { type MessageBus, systemBus } from '@homebridge/dbus-native';
import type { ResponderParts } from './responder.ts';
import { otherName, type Service } from './services.ts';

const BUS = 'org.freedesktop.DBus';
const AVAHI = 'org.freedesktop.Avahi';
/** Every network; both families of addresses, or one. */
const ANY = -1;
const IPV4 = 0;
const NO_FLAGS = 0;
const COLLISION = 'org.freedesktop.Avahi.CollisionError';
const MOST_NAMES = 20;
const ANSWER_MS = 5000;

interface Call {
  /** avahi, unless it says so. */
  destination?: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: unknown[];
}

/** Why a call was refused. */
class Refused extends Error {
  readonly code: string;
  constructor({ name, message }: { name: string; message: unknown }) {
    super(`avahi refuses it: ${typeof message === 'string' && message !== '' ? message : name}`);
    this.code = name;
  }
}

/**
 * Has avahi announce services for as long as this process is connected to it by D-Bus. A name that another gateway has gets a number.
 *
 * @param ended is called when avahi has gone
 */
export async function announceByAvahi(
  { services, clock }: ResponderParts,
  ended: () => void,
): Promise<() => Promise<void>> {
  const bus = systemBus();
  let isOver = false;
  const over = (): void => {
    if (isOver) return;
    isOver = true;
    bus.connection.stream.destroy();
    ended();
  };
  const broken = new Promise<never>((_, reject) => {
    bus.connection.on('error', (error) => {
      reject(error);
      over();
    });
    bus.connection.on('end', () => {
      reject(new Error('the system bus has gone'));
      over();
    });
    const cancel = clock.after(ANSWER_MS, () => reject(new Error('avahi does not answer')));
    bus.connection.stream.once('close', cancel);
  });
  broken.catch(() => {});
  // A new avahi knows nothing of what the one before announced.
  bus.connection.on('message', ({ member, body }: { member?: string; body?: unknown[] }) => {
    if (member === 'NameOwnerChanged' && body?.[0] === AVAHI) over();
  });
  try {
    await Promise.race([register(bus, services), broken]);
  } catch (error) {
    over();
    throw error;
  }
  return async () => {
    isOver = true;
    bus.connection.stream.end();
  };
}

async function register(bus: MessageBus, services: readonly Service[]): Promise<void> {
  await call(bus, {
    ...{ destination: BUS, path: '/org/freedesktop/DBus', interface: BUS, member: 'AddMatch', signature: 's' },
    body: [`type='signal',sender='${BUS}',member='NameOwnerChanged',arg0='${AVAHI}'`],
  });
  const group = (await call(bus, { path: '/', interface: `${AVAHI}.Server`, member: 'EntryGroupNew' })) as string;
  const inGroup = (member: string, signature?: string, body?: unknown[]): Promise<unknown> =>
    call(bus, {
      path: group,
      interface: `${AVAHI}.EntryGroup`,
      member,
      ...(signature && { signature, body: body ?? [] }),
    });
  let name = services[0]?.name ?? '';
  for (let tried = 0; ; tried++) {
    try {
      for (const service of services) await inGroup('AddService', 'iiussssqaay', entryOf(service, name));
      await inGroup('Commit');
      return;
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== COLLISION || tried === MOST_NAMES) throw error;
      name = otherName(name);
      await inGroup('Reset');
    }
  }
}

function entryOf({ type, port, isIPv4, txt }: Service, name: string): unknown[] {
  const fields = Object.entries(txt).map(([key, value]) => Buffer.from(`${key}=${value}`));
  // '': its own domain and host name.
  return [ANY, isIPv4 ? IPV4 : ANY, NO_FLAGS, name, `_${type}._tcp`, '', '', port, fields];
}

function call(bus: MessageBus, message: Call): Promise<unknown> {
  return new Promise((resolve, reject) => {
    bus.invoke({ destination: AVAHI, ...message }, (error, value) => {
      if (error) reject(new Refused(error));
      else resolve(value);
    });
  });
}
