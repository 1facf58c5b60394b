import type { Sees } from '../../../access/rights.ts';
import { rightsOf } from '../../../access/rights-of.ts';
import {
  decodeString,
  JsonScanError,
  quote,
  type RawMember,
  scanObject,
  writeObject,
} from '../../../common/json/scan.ts';
import type { Message } from '../../../hub/message.ts';
import type { AnnouncedDevice } from '../../announced-devices.ts';
import type { SessionContext } from '../../context.ts';
import type { Announcer } from './announcer.ts';
import { BuiltInClient } from './built-in-clients.ts';
import { readComponent } from './component.ts';
import { type Device, DeviceRegistry, readDevice } from './device-registry.ts';

const REGISTRY_CHANNEL = 'heyOOCSI!';
const CLIENT = 'heyOOCSIClient';
const MAX_DEVICES = 1000;
const MAX_DEVICE_LENGTH = 16 * 1024;
const DEFAULT_CLOSEST = 100;
const SWEEP_MS = 60_000;

/**
 * The registry of devices that announce themselves to the channel `heyOOCSI!` with `{NAME: {"properties": {...},
 * "components": {...}, "location": {...}}}`, and the client `heyOOCSIClient`, which answers queries about them:
 * `{"clientHandle"}` with the device, `{"x", "y", "distance", "closest"}` and `{"location"}` with `clients`, the handles
 * found. An answer repeats the query's fields and, where the query was an OOCSI call, its `_MESSAGE_ID`. A plain query
 * for a device that is not known gets no answer, as on the reference server; a call gets one without a device in it.
 * A device belongs to the account of the client that announced it: no other may announce another under its name.
 */
export class HeyOocsi {
  readonly #context: SessionContext;
  readonly #announcer: Announcer;
  readonly #registry = new DeviceRegistry(MAX_DEVICES);
  readonly #client: BuiltInClient;
  readonly #told: (device: AnnouncedDevice) => void;
  readonly #endSweeps: () => void;

  /** `told` is called with each device that announces itself. */
  constructor(context: SessionContext, announcer: Announcer, told: (device: AnnouncedDevice) => void) {
    this.#told = told;
    this.#context = context;
    this.#announcer = announcer;
    const { hub, clock } = context;
    this.#client = new BuiltInClient(hub, CLIENT, (message) => this.#receive(message));
    this.#client.join([REGISTRY_CHANNEL]);
    hub.reserve(REGISTRY_CHANNEL);
    this.#endSweeps = clock.every(SWEEP_MS, () => {
      this.#registry.sweep((handle) => hub.session(handle) !== undefined);
    });
  }

  /** The devices that it knows, each with what it told. */
  *devices(): Iterable<AnnouncedDevice> {
    for (const device of this.#registry.all()) yield announcedOf(device);
  }

  stop(): void {
    this.#endSweeps();
    this.#client.close();
  }

  #receive(message: Message): void {
    if (message.from === CLIENT) return;
    try {
      if (message.kind !== 'dict' && message.kind !== 'json') throw new JsonScanError('not JSON', 0);
      const members = scanObject(message.text);
      if (message.to === REGISTRY_CHANNEL) this.#register(message.from, members);
      else this.#answer(message.from, members);
    } catch (error) {
      if (!(error instanceof JsonScanError)) throw error;
      const wanted = message.to === REGISTRY_CHANNEL ? 'an object of devices' : 'an object with a query';
      this.#report(message.from, `a message to ${message.to} must be ${wanted}; it was not read: ${error.message}`);
    }
  }

  #register(sender: string, members: readonly RawMember[]): void {
    const account = this.#accountOf(sender);
    for (const written of flatDevice(members) ?? members) {
      const member = { ...written, name: this.#outward(sender, written.name) };
      const { name, raw } = member;
      if (!raw.startsWith('{')) continue;
      if (name.length + raw.length > MAX_DEVICE_LENGTH) {
        const message = `device ${name.slice(0, 40)} says more than ${MAX_DEVICE_LENGTH} characters about itself; it is left out`;
        this.#context.incidents.report({ door: 'oocsi', who: sender, code: 'PEER_TOO_LARGE', message });
      } else if (this.#isOfOthers(name, account)) {
        const message = `device ${name.slice(0, 40)} was announced by a client of another account; it stays as it was`;
        this.#context.incidents.report({ door: 'oocsi', who: sender, code: 'PEER_NOT_ALLOWED', message });
      } else {
        const said = readDevice(member, { sender, account });
        const device = { ...said, handle: this.#outward(sender, said.handle) };
        if (this.#registry.put(device)) this.#told(announcedOf(device));
        else {
          const message = `${MAX_DEVICES} devices are registered and online already; device ${name.slice(0, 40)} is left out`;
          this.#context.incidents.report({ door: 'oocsi', who: sender, code: 'PEER_TOO_MANY', message });
        }
      }
    }
  }

  /** What all others call what a client names. */
  #outward(client: string, name: string): string {
    return this.#context.access.online(client)?.outward(name) ?? name;
  }

  /** Whose client this is: that of who is online under the id; else only its owner can have sent under it. */
  #accountOf(sender: string): string | undefined {
    const { access } = this.#context;
    const online = access.online(sender);
    return online === undefined ? access.ownerOf(sender) : online.account;
  }

  /** Removes the devices of an account that was removed. */
  #isOfOthers(name: string, account: string | undefined): boolean {
    const owner = this.#registry.ownerOf(name);
    return owner !== undefined && owner !== account && this.#context.access.isAccount(owner);
  }

  #answer(sender: string, members: readonly RawMember[]): void {
    const query = new Map(members.map((member) => [member.name, member.raw]));
    const asker = this.#context.hub.session(sender);
    // The rights of a client that is offline are not known.
    const sees = asker === undefined ? () => false : rightsOf(asker)?.sees;
    const found = this.#find(sender, query, sees);
    if (!found) return;
    const callId = query.get('_MESSAGE_ID');
    if (found.length === 1 && callId === undefined) return;
    if (callId !== undefined) found.push({ name: '_MESSAGE_ID', raw: callId });
    this.#announcer.sendText(CLIENT, sender, writeObject(found));
  }

  /** The fields of the answer, the query's first; undefined where the query is malformed. */
  #find(sender: string, query: ReadonlyMap<string, string>, sees: Sees = () => true): RawMember[] | undefined {
    const handle = query.get('clientHandle');
    const shown = (name: string): string => this.#context.access.online(sender)?.inward(name) ?? name;
    const location = query.get('location');
    if (handle !== undefined) {
      const text = textOf(handle);
      if (text === undefined) return this.#report(sender, '"clientHandle" must be a text, the name of a device');
      const device = this.#registry.find(this.#outward(sender, text));
      const isSeen = device !== undefined && sees(device.handle);
      return [{ name: 'clientHandle', raw: handle }, ...(isSeen ? describe(device) : [])];
    }
    if (query.has('x') || query.has('y') || query.has('distance')) {
      const [x, y, distance] = [numberOf(query.get('x')), numberOf(query.get('y')), numberOf(query.get('distance'))];
      const closest = query.has('closest') ? numberOf(query.get('closest')) : DEFAULT_CLOSEST;
      if (x === undefined || y === undefined || distance === undefined || closest === undefined) {
        return this.#report(
          sender,
          'a query by place needs the numbers "x", "y" and "distance", and may have "closest"',
        );
      }
      const asked = ['x', 'y', 'distance'].map((name) => ({ name, raw: query.get(name) as string }));
      return [...asked, clientsMember(this.#registry.near({ x, y }, distance, closest, sees).map(shown))];
    }
    if (location !== undefined) {
      const text = textOf(location);
      if (text === undefined) return this.#report(sender, '"location" must be a text, the name of a place');
      return [{ name: 'location', raw: location }, clientsMember(this.#registry.at(text).filter(sees).map(shown))];
    }
    return this.#report(sender, `${CLIENT} answers "clientHandle", "x" with "y" and "distance", or "location"`);
  }

  #report(who: string, message: string): undefined {
    this.#context.incidents.report({ door: 'oocsi', who, code: 'PEER_MALFORMED', message });
  }
}

/** The one device of a message as the OOCSI library for Java has it, without a name around it; undefined for any other message. */
function flatDevice(members: readonly RawMember[]): RawMember[] | undefined {
  const handle = members.find(({ name }) => name === 'clientHandle');
  const name = handle && textOf(handle.raw);
  if (!name || !members.some((member) => member.name === 'components')) return undefined;
  return [{ name, raw: writeObject([...members]) }];
}

function announcedOf(device: Device): AnnouncedDevice {
  const { name, handle, account } = device;
  return { id: name, name, handle, account, describe: () => descriptionOf(device) };
}

function descriptionOf({ rawProperties, locations, components }: Device): ReturnType<AnnouncedDevice['describe']> {
  return {
    properties: JSON.parse(rawProperties) as Record<string, unknown>,
    locations: Array.from(locations, ([name, [x, y]]) => ({ name, x, y })),
    components: components.flatMap((component) => readComponent(component) ?? []),
  };
}

/** A device in the reference server's fields; each component has its default once more as `default_value`, a text. */
function describe(device: Device): RawMember[] {
  const components = device.components.map(({ name, members }) => {
    const value =
      members.find((member) => member.name === 'value') ?? members.find((member) => member.name === 'state');
    const initial = value
      ? [{ name: 'default_value', raw: value.raw.startsWith('"') ? value.raw : quote(value.raw) }]
      : [];
    return { name, raw: writeObject([...members, ...initial]) };
  });
  return [
    { name: 'location', raw: device.rawLocation },
    { name: 'components', raw: writeObject(components) },
    { name: 'properties', raw: device.rawProperties },
  ];
}

function clientsMember(handles: readonly string[]): RawMember {
  return { name: 'clients', raw: JSON.stringify(handles) };
}

function textOf(raw: string): string | undefined {
  return raw.startsWith('"') ? decodeString(raw) : undefined;
}

/** A number, also one written as a text, as query strings and small devices send it. */
function numberOf(raw: string | undefined): number | undefined {
  if (raw === undefined) return undefined;
  const text = textOf(raw) ?? raw;
  const value = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
