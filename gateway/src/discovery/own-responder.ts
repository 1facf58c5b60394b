import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { Bonjour } from 'bonjour-service';
import type { Clock } from '../common/clock.ts';
import { outsideAddresses } from '../common/own-addresses.ts';
import type { ResponderParts } from './responder.ts';
import { otherName, type Service } from './services.ts';

const MDNS_PORT = 5353;
/** How long others may take to say that they have a name; three questions a quarter of a second apart (RFC 6762, 8.1), and some. */
const ASK_MS = 1000;
/** How often it is looked whether the machine has got another address. */
const LOOK_MS = 10_000;

/**
 * Announces services, and `<hostname>.local`, on every network of this machine. A name that another gateway has gets a number.
 *
 * bonjour-service sends by one network only, so there is one for each; and where a name is taken it gives up, so it is asked for before.
 * It ends when the machine's addresses change, and is begun anew then.
 */
export async function announceByItself(
  { services, clock, log }: ResponderParts,
  ended: () => void,
): Promise<() => Promise<void>> {
  await expectFreePort();
  const addresses = outsideAddresses();
  if (addresses.length === 0) throw new Error('this machine is in no network');
  const failed = (error: Error): void => log.debug({ err: error }, 'A packet of mDNS was not sent.');
  const responders = addresses.map((address) => new Bonjour(socketOptions(address), failed));
  const takenNames = await namesOf(responders, services, clock);
  let name = services[0]?.name ?? '';
  while (takenNames.has(name)) name = otherName(name);
  const host = `${hostname().split('.')[0]}.local`;
  for (const responder of responders) {
    for (const { type, port, txt } of services) responder.publish({ name, type, port, txt, host, probe: false });
  }
  const end = async (): Promise<void> => {
    stopLooking();
    await Promise.all(responders.map(goodbye));
  };
  const stopLooking = clock.every(LOOK_MS, () => {
    if (outsideAddresses().join() === addresses.join()) return;
    void end();
    ended();
  });
  return end;
}

/** Sends by the network of this address, and hears what is sent to the group from anywhere; the library's types do not know these options of its socket. */
function socketOptions(address: string): object {
  return { interface: address, bind: '0.0.0.0' };
}

/** The library's socket would throw where nobody can catch it. */
async function expectFreePort(): Promise<void> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    socket.bind(MDNS_PORT);
    await once(socket, 'listening');
  } finally {
    socket.close();
  }
}

/** The names that others have for services of these types. */
async function namesOf(
  responders: readonly Bonjour[],
  services: readonly Service[],
  clock: Clock,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  const browsers = responders.flatMap((responder) =>
    services.map(({ type }) => responder.find({ type }, (found) => names.add(found.name))),
  );
  await new Promise<void>((resolve) => clock.after(ASK_MS, resolve));
  for (const browser of browsers) browser.stop();
  return names;
}

function goodbye(responder: Bonjour): Promise<void> {
  return new Promise((resolve) => {
    responder.unpublishAll(() => responder.destroy(() => resolve()));
  });
}
