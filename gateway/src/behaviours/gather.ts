import { quote, type RawMember } from '../common/json/scan.ts';
import type { Message } from '../hub/message.ts';
import { fieldsHeard } from './fields-heard.ts';
import type { Room, Subject } from './subject.ts';
import { Table } from './table.ts';

/** How many characters one value may have. */
export const MAX_VALUE_LENGTH = 4096;

/** What asks all members for their values. */
const CALL = '{"call":""}';

/** The channel of OOCSI's `OOCSIGather` on which all members of a channel say what they have under a key. */
export function gatherChannel(channel: string, key: string): string {
  return `${channel}_${key}_gather`;
}

export interface GatherOptions {
  readonly channel: string;
  readonly key: string;
  /** How long after a call members may answer. */
  readonly timeoutMs: number;
}

/**
 * The latest value of everyone: each member says `{"vote": VALUE}` on the gathering's channel, again whenever one says `{"call": ""}`.
 * Who has not answered a call when its time is over is gone.
 */
export class Gather implements Subject {
  readonly channel: string;
  readonly isUrgent = false;
  readonly #timeoutMs: number;
  readonly #table: Table<string>;
  readonly #head: readonly RawMember[];
  /** When the call came that is being answered; another one meanwhile gives no more time. */
  #calledMs: number | undefined;
  #hasCalled = false;

  constructor({ channel, key, timeoutMs }: GatherOptions, id: string, room: Room, nowMs: number) {
    this.channel = gatherChannel(channel, key);
    this.#timeoutMs = timeoutMs;
    this.#table = new Table(id, room);
    this.#head = [
      { name: 'gather', raw: quote(channel) },
      { name: 'key', raw: quote(key) },
    ];
    this.#calledMs = nowMs;
  }

  get isChanged(): boolean {
    return this.#table.isChanged;
  }

  get dueMs(): number | undefined {
    return this.#calledMs === undefined ? undefined : this.#calledMs + this.#timeoutMs;
  }

  hear(message: Message, nowMs: number): boolean {
    let vote: string | undefined;
    for (const { name, raw } of fieldsHeard(message)) {
      if (name === 'call') {
        this.#calledMs ??= nowMs;
        return true;
      }
      if (name === 'vote' && raw !== 'null') vote = raw;
    }
    if (vote === undefined) return true;
    if (vote.length > MAX_VALUE_LENGTH) return false;
    const isNews = this.#table.get(message.from) !== vote;
    return this.#table.put(message.from, vote, { length: vote.length, nowMs, isNews });
  }

  tick(nowMs: number): void {
    const { dueMs } = this;
    if (dueMs === undefined || nowMs < dueMs || this.#calledMs === undefined) return;
    this.#table.dropBefore(this.#calledMs);
    this.#calledMs = undefined;
  }

  says(): readonly string[] {
    if (this.#hasCalled) return [];
    this.#hasCalled = true;
    return [CALL];
  }

  tell(all: boolean): string[] {
    return this.#table.pages(this.#head, all, (vote) => vote);
  }

  told(): void {
    this.#table.told();
  }

  end(): void {
    this.#table.end();
  }
}
