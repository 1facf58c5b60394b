import { quote, type RawMember } from '../common/json/scan.ts';
import type { Message } from '../hub/message.ts';
import { fieldsHeard } from './fields-heard.ts';
import type { Done, Room, Subject } from './subject.ts';
import { MAX_ROWS, Table } from './table.ts';
import type { Act } from './wanted.ts';

/** How often the roles that the gateway has dealt are said again, for members that come later. */
const ANNOUNCE_MS = 5000;
/** After how long a silence a member of `OOCSISpread` has left. */
const SILENT_MS = 60_000;
const MAX_ROLE = 1_000_000;
const MAX_HANDLE_LENGTH = 256;

/** The channel of OOCSI's `OOCSISpread` on which all members of a channel say which role they have. */
export function spreadChannel(channel: string, key: string): string {
  return `${channel}_${key}_spread`;
}

/** A member of `OOCSISpread`, which takes its role itself. */
interface Member {
  readonly client: string;
  readonly role: number;
  readonly heardMs: number;
}

/**
 * Roles 1, 2, 3, ... for those who want one, each for one of them. When somebody leaves, the one with the highest role takes the role that
 * is free, so that there is no gap. Members of OOCSI's `OOCSISpread` take theirs themselves, and another one where it is taken.
 */
export class Spread implements Subject {
  readonly channel: string;
  readonly isUrgent = false;
  readonly #table: Table<number>;
  readonly #head: readonly RawMember[];
  readonly #dealt = new Map<string, number>();
  /** By handle, the one that was silent longest first. */
  readonly #members = new Map<string, Member>();
  #toSay: string[] = [];
  #announceMs: number | undefined;

  constructor({ channel, key }: { channel: string; key: string }, id: string, room: Room) {
    this.channel = spreadChannel(channel, key);
    this.#table = new Table(id, room);
    this.#head = [
      { name: 'spread', raw: quote(channel) },
      { name: 'key', raw: quote(key) },
    ];
  }

  get isChanged(): boolean {
    return this.#table.isChanged;
  }

  get dueMs(): number | undefined {
    const [oldest] = this.#members.values();
    const silentMs = oldest === undefined ? Number.POSITIVE_INFINITY : oldest.heardMs + SILENT_MS;
    const dueMs = Math.min(silentMs, this.#announceMs ?? Number.POSITIVE_INFINITY);
    return Number.isFinite(dueMs) ? dueMs : undefined;
  }

  act(client: string, act: Act, nowMs: number): Done | undefined {
    if (act.kind !== 'spread') return undefined;
    if (!act.take) this.left(client, nowMs);
    else if (!this.#dealt.has(client) && !this.#give(client, this.#lowestFree(), nowMs)) {
      return { fault: 'there is no room for more roles' };
    }
    return undefined;
  }

  left(client: string, nowMs: number): void {
    if (!this.#dealt.delete(client)) return;
    this.#table.drop(client);
    this.#say(client, 0);
    if (this.#dealt.size === 0) this.#announceMs = undefined;
    this.#closeGaps(nowMs);
  }

  hear(message: Message, nowMs: number): boolean {
    const { role, handle } = readRole(message);
    if (role === undefined || handle === undefined) return true;
    if (role === 0) {
      this.#forget(handle);
      this.#closeGaps(nowMs);
      return true;
    }
    if (!this.#members.has(handle) && this.#members.size >= MAX_ROWS) return false;
    const { from } = message;
    const isNews = this.#table.get(from) !== role;
    // Its name is told as that of a client; who has a role from the gateway keeps that.
    const isOurs = this.#dealt.has(from);
    const length = handle.length + from.length;
    if (!isOurs && !this.#table.put(from, role, { length, nowMs, isNews })) return false;
    this.#members.delete(handle);
    this.#members.set(handle, { client: from, role, heardMs: nowMs });
    const holder = [...this.#dealt].find(([, dealt]) => dealt === role);
    if (holder !== undefined) this.#say(...holder);
    return true;
  }

  tick(nowMs: number): void {
    for (const [handle, { heardMs }] of this.#members) {
      if (heardMs + SILENT_MS > nowMs) break;
      this.#forget(handle);
    }
    this.#closeGaps(nowMs);
    if (this.#announceMs === undefined || nowMs < this.#announceMs) return;
    this.#announceMs = nowMs + ANNOUNCE_MS;
    for (const dealt of this.#dealt) this.#say(...dealt);
  }

  says(): readonly string[] {
    const said = this.#toSay;
    this.#toSay = [];
    return said;
  }

  tell(all: boolean): string[] {
    return this.#table.pages(this.#head, all, String);
  }

  told(): void {
    this.#table.told();
  }

  end(): void {
    this.#table.end();
  }

  #give(client: string, role: number, nowMs: number): boolean {
    if (
      this.#table.size >= MAX_ROWS ||
      !this.#table.put(client, role, { length: client.length, nowMs, isNews: true })
    ) {
      return false;
    }
    this.#dealt.set(client, role);
    this.#announceMs ??= nowMs + ANNOUNCE_MS;
    this.#say(client, role);
    return true;
  }

  #forget(handle: string): void {
    const member = this.#members.get(handle);
    if (member === undefined) return;
    this.#members.delete(handle);
    if (!this.#dealt.has(member.client)) this.#table.drop(member.client);
  }

  #lowestFree(): number {
    const taken = new Set([...this.#dealt.values(), ...Array.from(this.#members.values(), ({ role }) => role)]);
    let role = 1;
    while (taken.has(role)) role++;
    return role;
  }

  /** Moves those with the highest roles of the gateway's to where a lower one is free. */
  #closeGaps(nowMs: number): void {
    for (;;) {
      const highest = [...this.#dealt].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0] as [string, number]);
      const free = this.#lowestFree();
      if (highest[1] <= free || !this.#give(highest[0], free, nowMs)) return;
    }
  }

  /** As members of `OOCSISpread` say it; role 0 is none. */
  #say(handle: string, role: number): void {
    this.#toSay.push(JSON.stringify({ role, handle }));
  }
}

function readRole(message: Message): { role: number | undefined; handle: string | undefined } {
  let role: number | undefined;
  let handle: string | undefined;
  for (const { name, raw } of fieldsHeard(message)) {
    const number = Number(raw);
    if (name === 'role' && Number.isInteger(number) && number >= 0 && number <= MAX_ROLE) role = number;
    if (name === 'handle' && raw.length > 2 && raw.length <= MAX_HANDLE_LENGTH) handle = raw;
  }
  return { role, handle };
}
