import { type Hello, TIMES } from '@crosscomm/protocol';
import type { ErrorCode } from '../../common/errors.ts';
import { clientIdFault } from '../../common/names.ts';
import type { SessionContext } from '../context.ts';
import type { DeviceLog } from '../lines/device-log.ts';
import { type Numbering, type NumberingStore, Numberings } from './delivery/numberings.ts';
import { type DeviceKeeper, DeviceSession } from './device.ts';
import { FrameLink, type Reception } from './link.ts';
import type { FrameOptions } from './options.ts';
import type { FrameWire } from './wire.ts';

/** A newcomer that says it has an id which is online by another link, while that link is asked. */
interface Contest {
  newcomer: FrameLink;
  holder: FrameLink;
  cancel: () => void;
}

const TICK_MS = 1000;
/** What SPEC.md forbids beyond the rule for all client ids. */
const BLANK = /\s/;

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

  /** `store`: where the devices' numbers outlive the process; default: nowhere. */
  constructor(context: SessionContext, options: FrameOptions, store?: NumberingStore) {
    this.#context = context;
    this.#options = options;
    this.#numberings = new Numberings(context.clock, options.maxKept, store);
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
    const { policy } = this.#context;
    const { deviceId: id, user, password } = hello;
    const { peer, deviceId } = link.wire;
    if (BLANK.test(id) || clientIdFault(id) !== undefined) {
      this.#refuse(link, 'id_invalid', 'PEER_BAD_NAME', 'no blanks or control characters in an id');
      return;
    }
    if (deviceId !== undefined && deviceId !== id) {
      this.#refuse(link, 'id_invalid', 'PEER_NOT_ALLOWED', 'not the id of this connection');
      return;
    }
    const verdict = policy.mayJoin({
      id,
      protocol: 'frames',
      peer,
      username: user ?? undefined,
      password: password ?? undefined,
    });
    if (!verdict.allowed) {
      this.#refuse(link, 'credentials', 'PEER_NOT_ALLOWED', verdict.why);
      return;
    }
    const device = this.#devices.get(id);
    const holder = device?.link;
    if (device === undefined || holder === undefined || holder === link || device.isNamedBy(hello)) {
      this.#admit(link, hello);
    } else this.#contest(link, hello, holder);
  }

  forget(link: FrameLink): void {
    this.#links.delete(link);
    for (const [id, { newcomer, holder, cancel }] of this.#contests) {
      if (newcomer !== link) continue;
      cancel();
      holder.onSign(undefined);
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
    if (this.#devices.get(id) === device) this.#devices.delete(id);
    this.#numberings.leave(id, numbering);
  }

  #admit(link: FrameLink, hello: Hello): void {
    const { deviceId: id } = hello;
    link.wire.yieldId?.(id);
    const newcomer = { id, protocol: 'frames', peer: link.wire.peer } as const;
    const known = this.#numberings.get(id);
    const device = this.#devices.get(id) ?? new DeviceSession(hello, known, this.#context, this.#options, this);
    if (!device.isJoined) {
      const joined = this.#context.hub.join(device);
      if (joined.outcome === 'reserved') {
        this.#refuse(link, 'id_invalid', 'PEER_BAD_NAME', 'a name of the gateway');
        return;
      }
      if (joined.outcome === 'taken') {
        this.#context.hub.noteContest(newcomer, 'refused');
        this.#refuseTaken(link, id, `a client by ${joined.by} has it`);
        return;
      }
    }
    this.#devices.set(id, device);
    this.#numberings.enter(id);
    this.#kept.delete(device);
    link.release(device);
    device.attach(link, hello);
  }

  /** Asks the link that has the id whether it is still there (SPEC.md, section 4). */
  #contest(newcomer: FrameLink, hello: Hello, holder: FrameLink): void {
    const id = hello.deviceId;
    const running = this.#contests.get(id);
    if (running?.newcomer === newcomer) return;
    const { hub, clock } = this.#context;
    const note = (outcome: 'refused' | 'replaced'): void =>
      hub.noteContest({ id, protocol: 'frames', peer: newcomer.wire.peer }, outcome, holder.wire);
    const refuse = (): void => {
      note('refused');
      this.#refuseTaken(newcomer, id, 'online by another link');
    };
    if (running) {
      refuse();
      return;
    }
    const cancel = clock.after(TIMES.takeoverMs, () => {
      this.#contests.delete(id);
      holder.onSign(undefined);
      if (!newcomer.isOpen) return;
      note('replaced');
      this.#admit(newcomer, hello);
    });
    this.#contests.set(id, { newcomer, holder, cancel });
    holder.onSign(() => {
      cancel();
      this.#contests.delete(id);
      refuse();
    });
    holder.send({ type: 'ping' });
  }

  #refuse(link: FrameLink, code: 'id_invalid' | 'credentials', incident: ErrorCode, why: string): void {
    link.report(incident, `A device was refused: ${why}.`);
    link.error(code, why, [0]);
  }

  /** Refuses an id that another has, which `why` tells of. */
  #refuseTaken(link: FrameLink, id: string, why: string): void {
    const message = `A device was refused the id ${id}: ${why}. Give each device its own.`;
    this.#context.incidents.report({ door: 'frames', who: id, code: 'PEER_NAME_TAKEN', message });
    link.error('id_taken', why, [0]);
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
