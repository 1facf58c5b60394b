import type { Clock } from '../../../common/clock.ts';
import { devicePayload } from '../payload/device-payload.ts';
import type { Topics } from '../topics.ts';
import type { Entry } from './entry.ts';
import type { Speaker } from './speaker.ts';
import type { States } from './states.ts';

interface AnnouncingParts {
  readonly clock: Clock;
  readonly topics: Topics;
  readonly speaker: Speaker;
  readonly states: States;
  readonly version: string;
  isThere(entry: Entry): boolean;
  isElsewhere(entry: Entry): boolean;
  /** Home Assistant has forgotten the components of a device that are gone. */
  forgot(entry: Entry): void;
}

/** Of two payloads in quick succession, Home Assistant loses parts of the second. */
const SETTLE_MS = 1000;
/** How long it takes to begin to listen to a device that it was told of. */
const LISTEN_MS = 500;
/** So many at once, so often: their payloads are long. */
const AT_ONCE = 20;
const PAUSE_MS = 100;

/** What is said of the components that are gone. */
type Farewell = 'remind' | 'remove' | undefined;

/** Tells Home Assistant which devices there are, one after the other, and what their states are once it listens. */
export class Announcing {
  readonly #parts: AnnouncingParts;
  readonly #waiting = new Set<Entry>();
  readonly #listening = new Map<Entry, () => void>();
  /** With components that are gone, of which Home Assistant may not know. */
  readonly #reminding = new Set<Entry>();
  #endWait: (() => void) | undefined;

  constructor(parts: AnnouncingParts) {
    this.#parts = parts;
  }

  /** Announces a device that is new or another now, after whatever else is changed of it. */
  announceSoon(entry: Entry): void {
    this.#waiting.add(entry);
    this.#endWait ??= this.#parts.clock.after(SETTLE_MS, () => this.#next());
  }

  /** It learns everything anew. `hasCome`: Home Assistant has just started, or has its connection again. */
  announceAll(entries: Iterable<Entry>, hasCome = false): void {
    for (const entry of entries) {
      if (hasCome && Object.keys(entry.gone).length > 0) this.#reminding.add(entry);
      this.announceSoon(entry);
    }
  }

  /** Says whether a device is there. */
  showPresence(entry: Entry): void {
    const { device, id } = entry;
    if (device.client === undefined || entry.isDeleted) return;
    const word = this.#parts.isThere(entry) ? 'online' : 'offline';
    this.#parts.speaker.retain(this.#parts.topics.online(id), word);
  }

  /** The device is no more. */
  remove(entry: Entry): void {
    this.withdraw(entry);
    this.#parts.speaker.clear(this.#parts.topics.config(entry.id));
  }

  /**
   * Has a Home Assistant that was away when a device was removed forget it: it forgets only what it was told of since it started. `done` is
   * called then.
   */
  removeAgain(entry: Entry, done: () => void): void {
    this.#tell(entry);
    this.#listening.get(entry)?.();
    const end = this.#parts.clock.after(SETTLE_MS, () => {
      this.remove(entry);
      done();
    });
    this.#listening.set(entry, end);
  }

  /** Ends all that is said of a device, but for what Home Assistant has emptied itself. */
  withdraw(entry: Entry): void {
    const { speaker, topics, states } = this.#parts;
    this.#waiting.delete(entry);
    this.#reminding.delete(entry);
    this.#listening.get(entry)?.();
    this.#listening.delete(entry);
    if (entry.device.client !== undefined) speaker.clear(topics.online(entry.id));
    for (const part of entry.parts.values()) states.clear(part);
    entry.isAnnounced = false;
  }

  stop(): void {
    this.#endWait?.();
    for (const end of this.#listening.values()) end();
  }

  #next(): void {
    this.#endWait = undefined;
    let count = 0;
    for (const entry of this.#waiting) {
      if (count++ === AT_ONCE) break;
      this.#waiting.delete(entry);
      this.#announce(entry);
    }
    if (this.#waiting.size > 0) this.#endWait = this.#parts.clock.after(PAUSE_MS, () => this.#next());
  }

  #announce(entry: Entry): void {
    if (entry.isDeleted || this.#parts.isElsewhere(entry)) return;
    if (this.#reminding.delete(entry)) this.#tellInTurn(entry, ['remind', 'remove', undefined]);
    else this.#tellInTurn(entry, entry.hasReplaced ? ['remove', undefined] : [undefined]);
  }

  /** One payload after the other: what is gone first, as it may have the id of what there is. */
  #tellInTurn(entry: Entry, [farewell, ...rest]: readonly Farewell[], isReminded = farewell === 'remind'): void {
    const { clock, forgot } = this.#parts;
    this.#listening.get(entry)?.();
    this.#tell(entry, farewell);
    if (rest.length === 0) {
      this.#announced(entry);
      return;
    }
    const next = (): void => {
      if (isReminded && farewell === 'remove') forgot(entry);
      this.#tellInTurn(entry, rest, isReminded);
    };
    this.#listening.set(entry, clock.after(SETTLE_MS, next));
  }

  #announced(entry: Entry): void {
    const { states, clock } = this.#parts;
    entry.isAnnounced = true;
    this.showPresence(entry);
    const show = (): void => {
      this.#listening.delete(entry);
      for (const part of entry.parts.values()) states.show(part);
    };
    this.#listening.set(entry, clock.after(LISTEN_MS, show));
  }

  #tell({ id, device, gone }: Entry, farewell?: Farewell): void {
    const { topics, speaker, version } = this.#parts;
    const payload = devicePayload(device, { id, topics, version, gone, farewell });
    speaker.retain(topics.config(id), JSON.stringify(payload));
  }
}
