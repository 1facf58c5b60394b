import { decodeString, quote, type RawMember } from '../common/json/scan.ts';
import type { Message } from '../hub/message.ts';
import { fieldsHeard } from './fields-heard.ts';
import { neighboursOf, type Place, routeTo } from './route.ts';
import type { Done, Room, Subject } from './subject.ts';
import { Table } from './table.ts';
import type { Act } from './wanted.ts';

/** The fields of `OOCSISpatial`: who sends the first asks all for where they are, and who sends the second says it. */
const CALL = 'oocsi_spatial_call';
const VOTE = 'oocsi_spatial_vote';
const MAX_PLACE_LENGTH = 64;
/** How long after a call members may answer. */
const ANSWER_MS = 2000;
const MAX_NEIGHBOURS = 50;

/** The channel of OOCSI's `OOCSISpatial` on which all members of a channel say where they are. */
export function spatialChannel(channel: string, key: string): string {
  return `${channel}_${key}_spatial`;
}

/**
 * Where everyone is, on a line or on a plane: each member says it on the channel, and again whenever one calls. Whoever asks and has said
 * it is told who is near, and through whom somebody farther away is reached.
 */
export class Spatial implements Subject {
  readonly channel: string;
  readonly isUrgent = false;
  readonly #table: Table<Place>;
  readonly #head: readonly RawMember[];
  readonly #about: { spatial: string; key: string };
  /** When the call came that is being answered. */
  #calledMs: number | undefined;
  #hasCalled = false;

  constructor({ channel, key }: { channel: string; key: string }, id: string, room: Room, nowMs: number) {
    this.channel = spatialChannel(channel, key);
    this.#table = new Table(id, room);
    this.#about = { spatial: channel, key };
    this.#head = [
      { name: 'spatial', raw: quote(channel) },
      { name: 'key', raw: quote(key) },
    ];
    this.#calledMs = nowMs;
  }

  get isChanged(): boolean {
    return this.#table.isChanged;
  }

  get dueMs(): number | undefined {
    return this.#calledMs === undefined ? undefined : this.#calledMs + ANSWER_MS;
  }

  act(client: string, act: Act): Done | undefined {
    if (act.kind !== 'spatial') return undefined;
    const { reach, to } = act;
    const places = this.#table.values();
    if (!places.has(client)) return { fault: `first say where you are, on ${this.channel}` };
    const answer = { ...this.#about, neighbours: neighboursOf(client, places, reach).slice(0, MAX_NEIGHBOURS) };
    if (to === undefined) return { answer: JSON.stringify(answer) };
    const { hop = null, distance = null } = routeTo(client, to, places, reach) ?? {};
    return { answer: JSON.stringify({ ...answer, to, hop, distance }) };
  }

  hear(message: Message, nowMs: number): boolean {
    for (const { name, raw } of fieldsHeard(message)) {
      if (name === CALL) {
        this.#calledMs ??= nowMs;
        return true;
      }
      const place = name === VOTE ? readPlace(raw) : undefined;
      if (place === undefined) continue;
      const before = this.#table.get(message.from);
      const isNews = before?.[0] !== place[0] || before?.[1] !== place[1];
      return this.#table.put(message.from, place, { length: MAX_PLACE_LENGTH, nowMs, isNews });
    }
    return true;
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
    return [JSON.stringify({ [CALL]: '' })];
  }

  tell(all: boolean): string[] {
    return this.#table.pages(this.#head, all, (place) => (place.length === 1 ? `${place[0]}` : JSON.stringify(place)));
  }

  told(): void {
    this.#table.told();
  }

  end(): void {
    this.#table.end();
  }
}

/** `"1.5"` or `"1.5;2"`, as members write it; also a number, or a list of one or two. */
function readPlace(raw: string): Place | undefined {
  if (raw.length > MAX_PLACE_LENGTH) return undefined;
  const texts = raw.startsWith('"') ? decodeString(raw).split(';') : raw.replace(/^\[|\]$/g, '').split(',');
  const [x = Number.NaN, y = 0, ...more] = texts.map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (more.length > 0 || !Number.isFinite(x) || !Number.isFinite(y)) return undefined;
  return texts.length === 1 ? [x] : [x, y];
}
