import type { QoS } from '../../../src/mqtt-engine/codec/packets.ts';
import { concat, packet, u8 } from '../conformance/bytes.ts';
import {
  acknowledge,
  connect,
  type Filters,
  PINGREQ,
  packetOfDisconnect,
  publish,
  subscribe,
  unsubscribe,
} from '../conformance/packets.ts';
import type { Property } from '../conformance/properties.ts';
import { Caller } from './caller.ts';
import type { Ledger } from './ledger.ts';
import { noteState } from './state.ts';
import type { World } from './world.ts';

export const IDS = ['a', 'b', 'a', 'c', '', 'slow', 'd', 'no'] as const;
export const TOPICS = ['t', 't/u', 'v', '$d/t', 'slow', 'no', 'void', 'longer/than/its/number'] as const;
const FILTERS = [
  ...['t', 't/u', 't/+', '#', '+', 't/#', '$share/g/t', '$share/g/#', '$share/h/+', '$d/#', 'no', 'v', 'slow'],
  ...['longer/#', '$share/g/t/+', '/'],
] as const;
const PAYLOAD_BYTES = [0, 5, 5, 40, 300, 5000, 20_000, 150_000] as const;
const SECONDS = [undefined, 0, 1, 5, 60, 1000, 100_000, 0xffff_ffff] as const;
const KEEP_ALIVES_S = [0, 0, 0, 1, 2, 60, 600, 65_535] as const;
const RECEIVE_MAXIMA = [undefined, undefined, 1, 2, 3, 10, 65_535, 1] as const;
const PACKET_BYTES = [undefined, undefined, undefined, 60, 200, 30, 10, 5] as const;
const WAITS_MS = [1, 100, 1000, 1500, 5000, 61_000, 1_000_000, 100_000_000] as const;
const SLOTS = 4;
const MAX_STEPS = 120;

/** What clients do, as bytes say it: each step is a byte for what is done, one for who does it, and some for how. */
export class Script {
  readonly #bytes: Buffer;
  #at: number;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #slots: (Caller | undefined)[] = [];
  readonly callers: Caller[] = [];
  /** What was published last from each slot, with QoS 1 or 2. */
  readonly #published = new Map<number, { topic: string; text: string; qos: number; id: number }>();
  readonly #stalled = new Set<Caller>();
  /** How often a change is to be made to what is sent next, and which; how it is cut. */
  #flip: { at: number; bits: number } | undefined;
  #pieceBytes = 0;
  #gathered: { caller: Caller; parts: Buffer[] } | undefined;
  #maySettle = true;
  #packetId = 0;

  constructor(bytes: Buffer, at: number, world: World, ledger: Ledger) {
    this.#bytes = bytes;
    this.#at = at;
    this.#world = world;
    this.#ledger = ledger;
  }

  get hasMore(): boolean {
    return this.#at < this.#bytes.length;
  }

  get isStalled(): boolean {
    return this.#stalled.size > 0;
  }

  async run(): Promise<void> {
    for (let steps = 0; this.hasMore && steps < MAX_STEPS; steps++) {
      await this.#step();
      this.#ledger.isQuiet = false;
      if (this.#maySettle) await this.settle();
      this.#ledger.check();
    }
    await this.#calm();
  }

  /** Says what was held back, and has everybody read. */
  async #calm(): Promise<void> {
    this.#flip = undefined;
    this.#flush();
    for (const caller of this.#stalled) caller.line.stall(false);
    this.#stalled.clear();
    await this.settle();
  }

  /** Waits until nothing happens, and looks at what must be true then. */
  async settle(): Promise<void> {
    await this.#world.settle();
    this.#ledger.isQuiet = !this.isStalled && this.#gathered === undefined;
    noteState(this.#world, this.#ledger, this.callers);
    if (this.isStalled) return;
    for (const caller of this.callers) {
      if (caller.isIn) this.#ledger.settled(caller);
      const [missing] = caller.missing;
      if (missing !== undefined) this.#ledger.violate(`${caller.number} waits for ${missing}`);
      if (caller.isUnpunished) this.#ledger.violate(`${caller.number} is still there`);
    }
  }

  #byte(): number {
    return this.#bytes[this.#at++] ?? 0;
  }

  #any<T>(list: readonly T[]): T {
    return list[this.#byte() % list.length] as T;
  }

  /** Opens a connection. */
  dial(): Caller {
    const caller = new Caller(this.callers.length + 1, this.#world, this.#ledger);
    this.callers.push(caller);
    return caller;
  }

  /** The connection in a slot; one that is over gives way to a new one. */
  #inSlot(slot: number): Caller {
    let caller = this.#slots[slot];
    if (caller === undefined || caller.isOver || caller.hasGone) {
      caller = this.dial();
      this.#slots[slot] = caller;
    }
    return caller;
  }

  async #step(): Promise<void> {
    const what = this.#byte() % 26;
    const slot = this.#byte() % SLOTS;
    const caller = this.#inSlot(slot);
    switch (what) {
      case 0:
      case 1:
        this.#say(this.#newcomer(caller, slot), this.#connect());
        break;
      case 2:
      case 3:
      case 4:
        this.#say(caller, this.#publish(caller, slot));
        break;
      case 5:
      case 6:
        this.#say(caller, this.#subscribe(caller));
        break;
      case 7: {
        const count = 1 + (this.#byte() % 3);
        const filters = Array.from({ length: count }, () => this.#any(FILTERS));
        this.#say(caller, unsubscribe(wordsOf(caller), this.#nextId(), filters));
        break;
      }
      case 8:
      case 9:
        this.politely(caller);
        break;
      case 10:
        this.#say(caller, this.#acknowledge(caller));
        break;
      case 11:
        this.#say(caller, PINGREQ);
        break;
      case 12:
        this.#say(caller, this.#goodbye(caller));
        break;
      case 13:
        this.#flush();
        caller.leave((this.#byte() & 1) > 0);
        break;
      case 14:
      case 15:
        this.#flush();
        this.#wait(this.#any(WAITS_MS));
        break;
      case 16:
        this.#say(caller, this.#take(this.#byte() % 12));
        break;
      case 17:
        this.#flip = { at: this.#byte(), bits: 1 << (this.#byte() & 7) };
        break;
      case 18:
        this.#pieceBytes = this.#byte();
        break;
      case 19:
        this.#stall(caller);
        break;
      case 20:
        if (this.#gathered !== undefined) this.#flush();
        else this.#gathered = { caller, parts: [] };
        break;
      case 21:
        this.#maySettle = !this.#maySettle;
        break;
      case 22:
        this.#flush();
        this.#world.engine.publish({
          topic: this.#any(TOPICS),
          payload: Buffer.from(this.#ledger.text(10)),
          qos: (this.#byte() % 3) as QoS,
          retain: false,
        });
        break;
      case 23:
        await this.#restart();
        break;
      default:
        this.#say(caller, this.#again(caller, slot));
    }
  }

  /** A client that begins where another one is begins with a connection of its own. */
  #newcomer(caller: Caller, slot: number): Caller {
    if (caller.connect === undefined || (this.#byte() & 15) === 0) return caller;
    const newcomer = this.dial();
    this.#slots[slot] = newcomer;
    return newcomer;
  }

  #connect(): Buffer {
    const style = this.#byte();
    const version = [5, 5, 5, 4, 4, 3, 5, 4][style & 7] as 3 | 4 | 5;
    const id = this.#any(IDS);
    const flags = this.#byte();
    const properties: Property[] = [];
    const add = (name: Property[0], value: number | string | undefined): void => {
      if (value !== undefined) properties.push([name, value]);
    };
    const willProperties: Property[] = [];
    if (version === 5) {
      add('sessionExpiry', this.#any(SECONDS));
      add('receiveMaximum', this.#any(RECEIVE_MAXIMA));
      add('maximumPacketSize', this.#any(PACKET_BYTES));
      add('topicAliasMaximum', [undefined, 1, 2, 100][this.#byte() & 3]);
      if ((style & 16) > 0) add('requestProblem', (style >> 5) & 1);
      if ((style & 64) > 0) add('requestResponse', 1);
    }
    const hasWill = (flags & 2) > 0;
    if (hasWill && version === 5) {
      const delayS = this.#any(SECONDS);
      if (delayS !== undefined) willProperties.push(['willDelay', delayS]);
    }
    return connect(version === 5 ? 5 : 4, {
      ...(version === 3 && { name: 'MQIsdp', level: 3 }),
      ...{ id, clean: (flags & 1) > 0, keepAlive: KEEP_ALIVES_S[(flags >> 5) & 7] ?? 0, properties },
      will: hasWill
        ? {
            ...{ topic: this.#any(TOPICS), payload: this.#ledger.text(8), qos: (flags >> 2) % 3 },
            ...{ retain: (flags & 16) > 0, properties: willProperties },
          }
        : undefined,
    });
  }

  #publish(caller: Caller, slot: number): Buffer {
    const version = wordsOf(caller);
    const style = this.#byte();
    const topic = this.#any(TOPICS);
    const size = this.#byte();
    const properties: Property[] = [];
    let isBare = false;
    if (version === 5) {
      if ((size & 8) > 0) properties.push(['messageExpiry', this.#any(SECONDS) ?? 2]);
      if ((size & 16) > 0) {
        properties.push(['topicAlias', this.#byte() % 66]);
        isBare = (size & 32) > 0;
      }
      if ((size & 64) > 0) {
        const more: Property[] = [
          ...([['user', 'n=v'] as const, ['contentType', 'json'] as const, ['responseTopic', 'v'] as const] as const),
          ...([['correlationData', Buffer.from('77')] as const, ['user', 'n=w'] as const] as const),
        ];
        properties.push(...more.slice(0, 1 + (this.#byte() % more.length)));
      }
    }
    const qos = style % 3;
    const id = (style & 64) > 0 ? 1 + (this.#byte() & 3) : this.#nextId();
    const text = this.#ledger.text(PAYLOAD_BYTES[size & 7] ?? 0);
    if (qos > 0 && !isBare) this.#published.set(slot, { topic, text, qos, id });
    return publish(version, isBare ? '' : topic, text, {
      ...{ qos, retain: (style & 8) > 0, dup: qos > 0 && (style & 16) > 0, properties },
      id,
    });
  }

  /** What was published last from a slot, as one does who has not seen its acknowledgement. */
  #again(caller: Caller, slot: number): Buffer {
    const { topic, text, qos, id } = this.#published.get(slot) ?? { topic: 't', text: 'x', qos: 1, id: 1 };
    return publish(wordsOf(caller), topic, text, { qos, id, dup: true });
  }

  #subscribe(caller: Caller): Buffer {
    const version = wordsOf(caller);
    const style = this.#byte();
    const filters: (readonly [string, number])[] = Array.from({ length: 1 + (style & 3) }, () => {
      const filter = this.#any(FILTERS);
      const options = this.#byte();
      const mask = version === 5 ? (filter.startsWith('$share') ? 0x3b : 0x3f) : 3;
      return [filter, options & mask] as const;
    });
    const list: Property[] = version === 5 && (style & 4) > 0 ? [['subscriptionId', this.#byte()]] : [];
    return subscribe(version, this.#nextId(), filters as Filters, list);
  }

  /** Acknowledges all that has come, and releases all that is to be released; false: there was nothing. */
  politely(caller: Caller): boolean {
    const parts: Buffer[] = [];
    for (const [id, { qos, isConfirmed }] of caller.open) {
      parts.push(acknowledge(qos === 1 ? 'puback' : isConfirmed ? 'pubcomp' : 'pubrec', id));
    }
    for (const id of caller.toRelease.splice(0)) parts.push(acknowledge('pubrel', id));
    if (parts.length > 0) this.#say(caller, concat(...parts));
    return parts.length > 0;
  }

  #acknowledge(caller: Caller): Buffer {
    const style = this.#byte();
    const kind = (['puback', 'pubrec', 'pubcomp', 'pubrel'] as const)[style & 3] ?? 'puback';
    const known = kind === 'pubrel' ? caller.toRelease : [...caller.open.keys()];
    const id = (style & 4) > 0 ? 1 + (this.#byte() & 7) : (known[this.#byte() % Math.max(1, known.length)] ?? 1);
    const reason = wordsOf(caller) === 5 && (style & 8) > 0 ? this.#any([0x80, 0x97, 0x10, 0x92]) : 0;
    return acknowledge(kind, id, reason);
  }

  #goodbye(caller: Caller): Buffer {
    const style = this.#byte();
    if (wordsOf(caller) !== 5 || (style & 1) === 0) return packet(0xe0);
    if ((style & 2) > 0) return packetOfDisconnect(4);
    const expiry = Buffer.alloc(5);
    expiry[0] = 0x11;
    expiry.writeUInt32BE(this.#any(SECONDS) ?? 3, 1);
    return packet(0xe0, u8(0), u8(expiry.length), expiry);
  }

  #take(count: number): Buffer {
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return Buffer.from(taken);
  }

  #nextId(): number {
    this.#packetId = (this.#packetId % 1000) + 1;
    return this.#packetId;
  }

  #stall(caller: Caller): void {
    const isStalled = !this.#stalled.has(caller);
    if (isStalled) this.#stalled.add(caller);
    else this.#stalled.delete(caller);
    caller.line.stall(isStalled);
  }

  #wait(ms: number): void {
    this.#ledger.note(`${ms} ms later`);
    this.#world.activity++;
    this.#world.clock.advance(ms);
  }

  #say(caller: Caller, bytes: Buffer): void {
    const flip = this.#flip;
    this.#flip = undefined;
    const changed = flip === undefined ? bytes : flipped(bytes, flip);
    if (this.#gathered?.caller === caller) this.#gathered.parts.push(changed);
    else this.#send(caller, changed);
  }

  #flush(): void {
    const gathered = this.#gathered;
    this.#gathered = undefined;
    if (gathered !== undefined) this.#send(gathered.caller, concat(...gathered.parts));
  }

  #send(caller: Caller, bytes: Buffer): void {
    const most = this.#pieceBytes === 0 ? bytes.length : this.#pieceBytes;
    for (let at = 0; at < bytes.length; at += most) caller.send(bytes.subarray(at, at + most));
  }

  async #restart(): Promise<void> {
    await this.#calm();
    this.#ledger.note('a restart');
    await this.#world.restart();
  }
}

function wordsOf({ version }: Caller): 4 | 5 {
  return version === 5 ? 5 : 4;
}

function flipped(bytes: Buffer, { at, bits }: { at: number; bits: number }): Buffer {
  const changed = Buffer.from(bytes);
  const index = at % Math.max(1, changed.length);
  changed[index] = (changed[index] ?? 0) ^ bits;
  return changed;
}
