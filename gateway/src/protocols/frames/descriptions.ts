import { type CodeName, type Describe, type FrameInit, type ValueMap, valueToJsonText } from '@crosscomm/protocol';
import { z } from 'zod';
import type { AdmittedSession, Principal } from '../../access/principal.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Counter } from '../../common/metrics.ts';
import { channelFault } from '../../common/names.ts';
import { component } from '../../config/home-assistant.ts';
import { type AnnouncedDevice, type AnnouncedDevices, componentOf } from '../announced-devices.ts';
import type { SessionContext } from '../context.ts';
import { Pace } from './delivery/pace.ts';

const MAX_CHARACTERS = 16 * 1024;
const MAX_DEVICES = 1000;
const ABOUT = [26];
/** So many descriptions of one session are looked at in so long a time: each is told to all who show devices. */
const MOST = 10;
const MOST_MS = 10_000;

const word = () => z.string().min(1).max(200).optional();

/** What a device says of itself (SPEC.md, section 21); what is not known here is left out. */
const description = z.object({
  name: word(),
  area: word(),
  manufacturer: word(),
  model: word(),
  version: word(),
  components: z
    .array(z.object(component.shape))
    .min(1)
    .max(100)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, { error: 'two have the same name' }),
});

type Description = z.infer<typeof description>;

/** Why a description is not taken: for the device, and a sentence for people. */
interface Fault {
  code: CodeName;
  incident: ErrorCode;
  text: string;
  what: string;
}

/** The link of a device that describes itself. */
export interface DescribingLink {
  send(frame: FrameInit): boolean;
  error(code: CodeName, text: string, about: number[]): void;
  report(code: ErrorCode, message: string): void;
}

interface Described {
  text: string;
  device: AnnouncedDevice;
}

/** What devices that speak frames say of themselves, each until its session is over. */
export class Descriptions {
  readonly #context: Pick<SessionContext, 'access' | 'clock'>;
  readonly #devices: AnnouncedDevices;
  readonly #described = new Map<string, Described>();
  readonly #paces = new WeakMap<AdmittedSession, Pace>();
  readonly #taken: Counter;
  readonly #refused: Counter;

  /** Tells `devices` of each that describes itself. */
  constructor(
    { access, clock, metrics }: Pick<SessionContext, 'access' | 'clock' | 'metrics'>,
    devices: AnnouncedDevices,
  ) {
    this.#context = { access, clock };
    this.#devices = devices;
    devices.add(() => [...this.#described.values()].map(({ device }) => device));
    const results = metrics.counters({
      name: 'crosscomm_device_descriptions_total',
      help: 'Descriptions that devices sent of themselves by frames; refused: the device was told why.',
      labels: ['result'],
    });
    this.#taken = results.of({ result: 'taken' });
    this.#refused = results.of({ result: 'refused' });
  }

  /** Takes a description in place of an earlier one, and confirms it; or says why not. */
  take(session: AdmittedSession, { value }: Describe, link: DescribingLink): void {
    const { id, principal } = session;
    const text = typeof value === 'string' ? value : value === null ? '' : valueToJsonText(value as ValueMap);
    if (principal === undefined) return;
    const isKnown = this.#described.get(id)?.text === text;
    const fault = isKnown ? undefined : this.#put(session, principal, text);
    if (fault === undefined) {
      link.send({ type: 'describe', value: null });
      return;
    }
    this.#refused.value++;
    link.report(fault.incident, `The device described itself, and that was refused: ${fault.what}.`);
    link.error(fault.code, fault.text, ABOUT);
  }

  /** The session of a device is over. */
  forget(id: string): void {
    this.#described.delete(id);
  }

  #put(session: AdmittedSession, principal: Principal, text: string): Fault | undefined {
    const { id } = session;
    const said = this.#isInTime(session) ? readDescription(text) : TOO_FAST;
    if ('code' in said) return said;
    const components = said.components.map((each) => ({ ...each, channel: principal.outward(each.channel) }));
    const read = { ...said, components };
    const denied = read.components.find(({ channel }) => !this.#mayUse(principal, channel));
    if (denied !== undefined) {
      const what = `it may neither send to nor subscribe to the channel ${denied.channel.slice(0, 60)} of ${denied.name}`;
      return { code: 'not_allowed', incident: 'PEER_NOT_ALLOWED', text: asciiOf(denied.name), what };
    }
    if (!this.#described.has(id) && this.#described.size >= MAX_DEVICES) return TOO_MANY;
    const device = announcedOf(id, principal.account, read);
    this.#described.set(id, { text, device });
    this.#taken.value++;
    this.#devices.told(device);
    return undefined;
  }

  #isInTime(session: AdmittedSession): boolean {
    let pace = this.#paces.get(session);
    if (pace === undefined) {
      pace = new Pace(MOST, MOST_MS);
      this.#paces.set(session, pace);
    }
    return pace.allows(this.#context.clock.monotonicMs());
  }

  #mayUse(principal: Principal, channel: string): boolean {
    const { access } = this.#context;
    return access.maySend(principal, channel) || access.maySubscribe(principal, channel);
  }
}

const TOO_FAST: Fault = {
  ...{ code: 'too_fast', incident: 'PEER_TOO_MANY', text: 'describe yourself once' },
  what: `more than ${MOST} descriptions in ${MOST_MS / 1000} s; it needs one for each session`,
};
const TOO_MANY: Fault = {
  ...{ code: 'too_many', incident: 'PEER_TOO_MANY', text: 'too many devices' },
  what: `${MAX_DEVICES} devices that are online have described themselves already`,
};

function readDescription(text: string): Description | Fault {
  if (text.length > MAX_CHARACTERS) {
    const what = `it has ${text.length} characters, and ${MAX_CHARACTERS} are the most: describe fewer components`;
    return { code: 'too_large', incident: 'PEER_TOO_LARGE', text: `more than ${MAX_CHARACTERS} characters`, what };
  }
  let value: unknown;
  try {
    // What is null is as good as left out.
    value = JSON.parse(text, (_key, member: unknown) => member ?? undefined);
  } catch (error) {
    return malformed('no JSON', `it is no JSON: ${(error as Error).message}`);
  }
  const { data, error } = description.safeParse(value);
  if (data === undefined) {
    const { path = [], message = '' } = error?.issues[0] ?? {};
    const where = path.length === 0 ? 'it' : path.join('.');
    return malformed(path.length === 0 ? 'no map' : where, `${where}: ${message}`);
  }
  const bad = data.components.find(({ channel }) => channelFault(channel) !== undefined);
  return bad === undefined ? data : malformed('channel', `the channel of ${bad.name} has ${channelFault(bad.channel)}`);
}

function malformed(text: string, what: string): Fault {
  return { code: 'malformed', incident: 'PEER_MALFORMED', text: asciiOf(text), what };
}

function asciiOf(text: string): string {
  return /^[ -~]*$/.test(text) ? text : '';
}

function announcedOf(id: string, account: string | undefined, described: Description): AnnouncedDevice {
  const { name = id, area, components, ...rest } = described;
  const properties = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return {
    ...{ id, name, handle: id, account },
    describe: () => ({ properties, area, locations: [], components: components.map(componentOf) }),
  };
}
