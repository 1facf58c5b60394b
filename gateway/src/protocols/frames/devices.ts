import { type CodeName, type Hello, TIMES } from '@crosscomm/protocol';
import type { Denial, DenialReason } from '../../access/denial.ts';
import type { Principal } from '../../access/principal.ts';
import type { SessionContext } from '../context.ts';
import type { DeviceLog } from '../device-log.ts';
import { type Numbering, type NumberingStore, Numberings } from './delivery/numberings.ts';
import { type DeviceKeeper, DeviceSession } from './device.ts';
import { FrameLink, type Reception } from './link.ts';
import type { FrameOptions } from './options.ts';
import type { FrameWire } from './wire.ts';

/** A newcomer that says it has an id which is online by another link, while that link is asked. */
interface Contest {
  newcomer: FrameLink;
  /** undefined: another gateway has it, and asks. */
  holder: FrameLink | undefined;
  cancel: () => void;
}

const TICK_MS = 1000;
/** What SPEC.md forbids beyond the rule for all client ids. */
const BLANK = /\s/;
/** What the device is told. */
const REFUSALS: Partial<Record<DenialReason, { code: CodeName; text?: string }>> = {
  bad_name: { code: 'id_invalid', text: 'no blanks or control characters in an id' },
  reserved: { code: 'id_invalid', text: 'a name of the gateway' },
  taken: { code: 'id_taken' },
  password: { code: 'credentials' },
  not_allowed: { code: 'credentials' },
  too_many: { code: 'too_many' },
  busy: { code: 'too_many' },
};

/** Every device that speaks frames, by whatever wire: it takes in their links, and decides who has an id. */
export class FrameDevices implements Reception, DeviceKeeper {
  readonly #context: SessionContext;
  readonly #options: FrameOptions;
  readonly #links = new Set<FrameLink>();
  readonly #devices = new Map<string, DeviceSession>();
  /** Those without a link, the one that lost its link first at the front. */
  readonly #kept = new Set<DeviceSession>();
  readonly #contests = new Map<string, Contest>();
  readonly #numberings: Numberings;
  readonly #stopTicking: () => void;
  /** Numbers of offers of tokens: below 24 they take one byte. */
  #offers = 0;

  /** `store`: where the devices' numbers outlive the process; default: nowhere. */
  constructor(context: SessionContext, options: FrameOptions, store?: NumberingStore) {
    this.#context = context;
    this.#options = options;
    this.#numberings = new Numberings(context.clock, options.maxKept, store);
    const help = 'Sessions of devices that speak frames, those that have lost their link a moment ago included.';
    context.metrics.gauge({ name: 'crosscomm_frame_sessions', help }, () => this.#devices.size);
    this.#stopTicking = context.clock.every(TICK_MS, () => this.#tick());
  }

  /** Puts back what an earlier run knew of devices, the one that was away the longest first. Call it before any connects. */
  restore(numberings: Iterable<readonly [id: string, numbering: Numbering]>): void {
    this.#numberings.restore(numberings);
  }

  /** Takes in a connection that carries frames. */
  connect(wire: FrameWire): FrameLink {
    const link = new FrameLink(wire, this.#context, this.#options, this);
    this.#links.add(link);
    return link;
  }

  /** What a device said by Log frames, while its session is kept. */
  log(id: string): DeviceLog | undefined {
    return this.#devices.get(id)?.log;
  }

  /** Ends every session and every timer. */
  stop(): void {
    this.#stopTicking();
    for (const { cancel } of this.#contests.values()) cancel();
    this.#contests.clear();
    for (const device of [...this.#devices.values()]) device.close('shutdown');
    for (const link of [...this.#links]) link.goodbye('stopping');
    this.#numberings.stop();
  }

  hello(link: FrameLink, hello: Hello): void {
    const { deviceId: id, user, password } = hello;
    const { peer, page, deviceId, isCable, carrier, certificate, signedIn } = link.wire;
    if (deviceId !== undefined && deviceId !== (carrier?.outward(id) ?? id)) {
      link.report('PEER_NOT_ALLOWED', 'A device was refused: not the id of this connection.');
      link.error('id_invalid', 'not the id of this connection', [0]);
      return;
    }
    const request = {
      id,
      protocol: 'frames',
      peer,
      account: user ?? undefined,
      secret: password ?? undefined,
      certificate,
      signedIn,
      isCable,
      page,
      carrier,
      wireFault: BLANK.test(id) ? 'a blank in an id' : undefined,
      isGone: () => !link.isOpen,
    };
    link.wait();
    this.#context.access.admit(request, ({ principal, denial }) => {
      if (denial) this.#refuse(link, id, denial);
      // From here on the device is called what all others call it.
      else this.#claim(link, principal.names === undefined ? hello : { ...hello, deviceId: principal.id }, principal);
      link.hear();
    });
  }

  /** Gives the link its device, at once where no other link has that. */
  #claim(link: FrameLink, hello: Hello, principal: Principal): void {
    const device = this.#devices.get(hello.deviceId);
    const holder = device?.link;
    if (device !== undefined && device.account !== principal.account) {
      this.#replace(link, hello, principal, device);
      return;
    }
    if (device?.isJoined !== true && this.#askElsewhere(link, hello, principal)) return;
    if (device === undefined || holder === undefined || holder === link || device.isNamedBy(hello)) {
      this.#enter(link, hello, principal);
    } else this.#contest(link, hello, principal, holder);
  }

  /** The session that has the id is another account's: while it is online it keeps the id, and else it ends, with all that waits for it. */
  #replace(link: FrameLink, hello: Hello, principal: Principal, device: DeviceSession): void {
    if (device.isJoined) {
      const denial = this.#context.access.contested(principal, device);
      this.#refuse(link, hello.deviceId, denial, 'online for another account');
      return;
    }
    device.expire();
    this.#enter(link, hello, principal);
  }

  forget(link: FrameLink): void {
    this.#links.delete(link);
    for (const [id, { newcomer, holder, cancel }] of this.#contests) {
      if (newcomer !== link) continue;
      cancel();
      holder?.onSign(undefined);
      this.#contests.delete(id);
    }
  }

  saveSoon(device: DeviceSession): void {
    this.#numberings.saveSoon(device);
  }

  saveNow(device: DeviceSession): void {
    this.#numberings.saveNow(device);
  }

  kept(device: DeviceSession): void {
    this.#kept.add(device);
    if (this.#kept.size <= this.#options.maxKept) return;
    const oldest = this.#kept.values().next().value;
    oldest?.expire();
  }

  dropped(device: DeviceSession): void {
    const { id, numbering } = device;
    this.#kept.delete(device);
    if (this.#devices.get(id) === device) {
      this.#devices.delete(id);
      this.#options.descriptions?.forget(id);
    }
    this.#numberings.leave(id, numbering);
  }

  #enter(link: FrameLink, hello: Hello, principal: Principal): void {
    const { deviceId: id } = hello;
    link.wire.yieldId?.(id);
    const known = this.#numberings.get(id, principal.account);
    const device = this.#devices.get(id) ?? new DeviceSession(hello, known, this.#context, this.#options, this);
    const { access, hub } = this.#context;
    const denial = device.isJoined
      ? access.recheck(principal)
      : access.enter(principal, device, { takeover: hub.session(id) === undefined });
    if (denial) {
      this.#refuse(link, id, denial, `a client by ${denial.by} has it`);
      return;
    }
    this.#devices.set(id, device);
    this.#numberings.enter(id);
    this.#kept.delete(device);
    link.release(device);
    device.attach(link, hello, principal);
    link.offer(this.#options.offerToken?.(principal, hello), this.#offers++ % 24);
  }

  /** Asks the link that has the id whether it is still there (SPEC.md, section 4). */
  #contest(newcomer: FrameLink, hello: Hello, principal: Principal, holder: FrameLink): void {
    const id = hello.deviceId;
    const running = this.#contests.get(id);
    if (running?.newcomer === newcomer) return;
    const { access, hub, clock } = this.#context;
    const refuse = (): void =>
      this.#refuse(newcomer, id, access.contested(principal, holder.wire), 'online by another link');
    if (running) {
      refuse();
      return;
    }
    const cancel = clock.after(TIMES.takeoverMs, () => {
      this.#contests.delete(id);
      holder.onSign(undefined);
      if (!newcomer.isOpen) return;
      hub.noteContest(principal, 'replaced', holder.wire);
      this.#enter(newcomer, hello, principal);
    });
    this.#contests.set(id, { newcomer, holder, cancel });
    holder.onSign(() => {
      cancel();
      this.#contests.delete(id);
      refuse();
    });
    holder.send({ type: 'ping' });
  }

  /** Has the other gateway that has the id ask whether its device is there; false where none has it. */
  #askElsewhere(newcomer: FrameLink, hello: Hello, principal: Principal): boolean {
    const id = hello.deviceId;
    const { access, hub } = this.#context;
    const { elsewhere } = hub;
    const holder = elsewhere.get(id);
    if (holder?.protocol !== 'frames' || holder.account !== principal.account) return false;
    if (this.#contests.has(id)) {
      if (this.#contests.get(id)?.newcomer !== newcomer) this.#refuse(newcomer, id, access.contested(principal, {}));
      return true;
    }
    const contest: Contest = { newcomer, holder: undefined, cancel: () => {} };
    this.#contests.set(id, contest);
    void elsewhere.courier.asks(id, holder).then((isFree) => {
      if (this.#contests.get(id) !== contest) return;
      this.#contests.delete(id);
      if (!newcomer.isOpen) return;
      if (isFree) this.#enter(newcomer, hello, principal);
      else this.#refuse(newcomer, id, access.contested(principal, {}), `online at gateway ${holder.gateway.name}`);
    });
    return true;
  }

  /** `holder`: of an id that is taken, who has it. */
  #refuse(link: FrameLink, id: string, { reason, code, why }: Denial, holder = why): void {
    const { code: told, text = why } = REFUSALS[reason] ?? { code: 'internal' };
    if (reason === 'taken') {
      const message = `A device was refused the id ${id}: ${holder}. Give each device its own.`;
      this.#context.incidents.report({ door: 'frames', who: id, code, message });
    } else link.report(code, `A device was refused: ${why}.`);
    link.error(told, reason === 'taken' ? holder : text, [0]);
  }

  #tick(): void {
    const now = this.#context.clock.monotonicMs();
    for (const link of [...this.#links]) {
      link.tick(now);
      if (!link.isOpen) this.#links.delete(link);
    }
    for (const device of this.#devices.values()) device.tick();
  }
}
