import { Backoff } from '../../common/backoff.ts';
import type { Clock } from '../../common/clock.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import type { BridgeConfig } from '../../config/bridges.ts';
import type { BridgePort } from '../../protocols/bridge-port.ts';
import type { Request } from './client-packets.ts';
import { dial, placeOf } from './dial.ts';
import { BridgeFault, type FaultKind, faultOf } from './faults.ts';
import { Link, type LinkCounts } from './link.ts';
import { LocalSide } from './local-side.ts';
import { TopicMap } from './topic-map.ts';
import { loopsIn, rulesOf } from './topic-rules.ts';

/** How it stands with a bridge. */
export interface BridgeState {
  readonly name: string;
  /** Where the other broker is, without a name or password. */
  readonly url: string;
  readonly isUp: boolean;
  /** Since when it is up or down, by `Clock.now`. */
  readonly sinceMs: number;
  /** Why it is down, as a sentence without its full stop; null while it is up. */
  readonly fault: string | null;
  readonly kind: FaultKind | null;
  /** It sends what has waited. */
  readonly isCatchingUp: boolean;
  /** What waits for the other broker on disk, and how much may. */
  readonly waiting: { readonly count: number; readonly bytes: number; readonly limitBytes: number };
  readonly sent: number;
  readonly received: number;
  readonly refused: number;
}

/** What is remembered of a bridge on disk. */
export interface BridgeNote {
  readonly url: string;
  readonly clientId: string;
  /** What it is subscribed to there. */
  readonly filters: readonly string[];
}

export interface BridgeParts {
  readonly config: BridgeConfig;
  readonly port: BridgePort;
  readonly id: string;
  readonly clientId: string;
  readonly password: () => Promise<string | undefined>;
  readonly mark: Buffer;
  readonly maxPacketBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly counts: LinkCounts;
  readonly note: { get(): Promise<BridgeNote | undefined>; put(note: BridgeNote): Promise<void> };
  report(code: ErrorCode, message: string): void;
}

const FIRST_RETRY_MS = 250;
const ONE_AT_A_TIME = { receiveMaximum: 1, maxPacketBytes: undefined, topicAliasMaximum: 0 };
const NO_OWNER = { take: () => {}, over: () => {}, full: () => {}, drained: () => {} };

/** A bridge to another broker: it is sought again and again, and what is to go there waits on disk meanwhile. */
export class Bridge {
  readonly #parts: BridgeParts;
  readonly #backoff: Backoff;
  readonly #topics: { readonly out: TopicMap; readonly in: TopicMap };
  readonly #abort = new AbortController();
  #link: Link | undefined;
  #opening: Link | undefined;
  #isUp = false;
  #isClosed = false;
  #endWait: (() => void) | undefined;
  /** Nothing is known here of what came and went before: the other broker is to forget it, too. */
  #isFresh: boolean;
  /** Of MQTT 3.1.1: the other broker is told that this is a bridge. */
  #saysBridge = true;
  #sinceMs: number;
  #fault: BridgeFault | undefined = new BridgeFault('unreachable', 'it is being sought');

  constructor(parts: BridgeParts) {
    this.#parts = parts;
    const { config, port, id, clock, random } = parts;
    this.#backoff = new Backoff(FIRST_RETRY_MS, config.retryMs, random);
    this.#topics = { out: new TopicMap(rulesOf(config, 'out')), in: new TopicMap(rulesOf(config, 'in')) };
    this.#isFresh = !port.hasSession(id);
    this.#sinceMs = clock.now();
    port.reserve(id, config.outboxBytes);
  }

  get state(): BridgeState {
    const { config, port, id, counts } = this.#parts;
    const { name, url, outboxBytes } = config;
    return {
      ...{ name, url, isUp: this.#isUp, sinceMs: this.#sinceMs },
      fault: this.#fault?.message ?? null,
      kind: this.#fault?.kind ?? null,
      isCatchingUp: this.#link?.isCatchingUp ?? false,
      waiting: { ...port.waiting(id), limitBytes: outboxBytes },
      ...{ sent: counts.sent.value, received: counts.received.value, refused: counts.refused.value },
    };
  }

  /** From then on, what is to go to the other broker is kept. To be called before clients come. */
  async begin(): Promise<void> {
    const { port, id, config } = this.#parts;
    const wanted = new Map(this.#localRequests(2).map((request) => [request.filter, request]));
    const stale = [...port.subscriptions(id)].filter((filter) => !wanted.has(filter));
    try {
      const side = await LocalSide.open(this.#identity, ONE_AT_A_TIME, NO_OWNER);
      await side.unsubscribe(stale);
      const refused = await side.subscribe([...wanted.values()]);
      side.close();
      for (const filter of refused) {
        const what = `The bridge ${config.name} may not read ${filter} here: look at the roles of its account.`;
        this.#parts.report('BRIDGE_REFUSED', what);
      }
    } catch (error) {
      this.#down(faultOf(error as Error));
    }
  }

  /** Begins to seek the other broker. */
  start(): void {
    void this.#connect();
  }

  stop(): void {
    this.#isClosed = true;
    this.#endWait?.();
    this.#abort.abort();
    this.#opening?.close();
    this.#link?.close();
    this.#isUp = false;
  }

  get #identity() {
    const { port, id, config } = this.#parts;
    return { port, id, account: config.account, peer: placeOf(config.url) };
  }

  async #connect(): Promise<void> {
    if (this.#isClosed) return;
    try {
      await this.#open();
    } catch (error) {
      this.#opening = undefined;
      if (this.#isClosed) return;
      const fault = faultOf(error as Error);
      const isOther = this.#mayBeNoBridge(fault);
      if (!isOther) this.#down(fault);
      this.#endWait = this.#parts.clock.after(isOther ? 0 : this.#backoff.next(), () => void this.#connect());
    }
  }

  async #open(): Promise<void> {
    const { config, clientId, note, clock, log } = this.#parts;
    const isPlain = config.protocolVersion === 4 && !this.#saysBridge;
    if (isPlain && loopsIn(config)) {
      this.#saysBridge = true;
      const what =
        'it does not know bridges of MQTT 3.1.1, and would send back what it gets, as the same topics pass in both directions: ' +
        'give these topics another localPrefix or remotePrefix in each direction, or use MQTT 5';
      throw new BridgeFault('refused', what);
    }
    const password = await this.#parts.password();
    const stream = await dial(config, clock, this.#abort.signal);
    const link = new Link(stream, {
      ...this.#parts,
      ...{ password, topics: this.#topics, local: this.#identity },
      refused: (what) => this.#parts.report('BRIDGE_REFUSED', `The bridge ${config.name} ${what}.`),
      over: (fault) => this.#lost(fault),
    });
    this.#opening = link;
    const before = await note.get();
    const isSame = before?.url === config.url && before.clientId === clientId;
    const requests = this.#remoteRequests();
    const known = new Set(isSame ? before.filters : []);
    const wanted = new Set(requests.map(({ filter }) => filter));
    await link.open({
      ...{ cleanStart: this.#isFresh || !isSame, isBridge: this.#saysBridge, requests },
      isNew: [...wanted].some((filter) => !known.has(filter)),
      stale: [...known].filter((filter) => !wanted.has(filter)),
      retained: config.retained ? this.#localRequests(0) : [],
    });
    this.#opening = undefined;
    this.#link = link;
    this.#isFresh = false;
    if (this.#isClosed) {
      link.close();
      return;
    }
    await note.put({ url: config.url, clientId, filters: [...wanted] });
    this.#backoff.reset();
    this.#isUp = true;
    this.#fault = undefined;
    this.#sinceMs = clock.now();
    log.info({ bridge: config.name, broker: placeOf(config.url) }, 'connected to another broker');
  }

  /** A broker that does not know bridges may say so in one of several ways; then it is asked as any client would. */
  #mayBeNoBridge({ kind, message }: BridgeFault): boolean {
    if (this.#parts.config.protocolVersion !== 4 || !this.#saysBridge) return false;
    if (kind === 'refused' ? !message.includes('protocolVersion') : message !== 'it closed the connection')
      return false;
    this.#saysBridge = false;
    return true;
  }

  #lost(fault: BridgeFault): void {
    this.#link = undefined;
    if (this.#isClosed) return;
    this.#down(fault);
    this.#endWait = this.#parts.clock.after(this.#backoff.next(), () => void this.#connect());
  }

  #down(fault: BridgeFault): void {
    const { config, clock } = this.#parts;
    const isNews = this.#isUp || this.#fault?.message !== fault.message;
    if (this.#isUp) this.#sinceMs = clock.now();
    this.#isUp = false;
    this.#fault = fault;
    if (!isNews) return;
    const code = fault.kind === 'refused' ? 'BRIDGE_REFUSED' : 'BRIDGE_UNREACHABLE';
    const what = `The bridge ${config.name} has no connection to ${placeOf(config.url)}: ${fault.message}.`;
    this.#parts.report(code, `${what} It tries again and again; what is to go there waits on disk.`);
  }

  #localRequests(retainHandling: 0 | 2): Request[] {
    const { config } = this.#parts;
    return config.topics
      .filter(({ direction }) => direction !== 'in')
      .map(({ filter, qos, localPrefix }) => ({
        ...{ filter: localPrefix + filter, qos, retainHandling, retainAsPublished: config.retained },
      }));
  }

  #remoteRequests(): Request[] {
    const { config } = this.#parts;
    const retainHandling = config.retained ? 1 : 2;
    return config.topics
      .filter(({ direction }) => direction !== 'out')
      .map(({ filter, qos, remotePrefix }) => ({
        ...{ filter: remotePrefix + filter, qos, retainHandling, retainAsPublished: config.retained },
      }));
  }
}
