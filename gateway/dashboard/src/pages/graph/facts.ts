import type { FlowsEvent, Graph } from '../../api/types.ts';

/** Of how many senders and channels the page remembers that they belong together. */
const MAX_SENDS = 3_000;
/** Who is not online any more is remembered for so long. */
const GONE_MS = 10 * 60_000;
/** What was heard of so lately moves. */
const MOVES_MS = 60_000;

/** A client that is online. */
export type GraphClient = Graph['clients'][number];

/** Somebody sends to a channel, or to a client alone. */
export interface Send {
  from: string;
  to: string;
  isDirect: boolean;
  /** Messages a second. */
  perS: number;
  /** Milliseconds since 1970, by the gateway's clock. */
  lastMs: number;
  /** How many got the last one. */
  recipients: number;
}

/** Those who hear a channel by one subscription, alike. Shared between channels, as one topic filter has many. */
export interface Hearing {
  /** What they subscribe to: a channel or a topic filter; empty for a client that is sent to alone. */
  by: string;
  clients: readonly string[];
}

/** A channel, who sends there and who hears it. */
export interface GraphChannel {
  name: string;
  isDirect: boolean;
  sends: Send[];
  hearings: Hearing[];
}

/** What the page knows of who talks to whom. */
export class GraphFacts {
  readonly #sends = new Map<string, Send>();
  #clients: ReadonlyMap<string, GraphClient> = new Map();
  #leftOut: Graph['leftOut'] = { clients: 0, subscriptions: 0 };

  get clients(): ReadonlyMap<string, GraphClient> {
    return this.#clients;
  }

  get leftOut(): Graph['leftOut'] {
    return this.#leftOut;
  }

  /** Takes who is there. `nowMs`: by the gateway's clock. */
  load({ clients, sends, leftOut }: Graph, nowMs: number): void {
    this.#clients = new Map(clients.map((client) => [client.id, client]));
    this.#leftOut = leftOut;
    for (const send of sends) {
      const known = this.#sends.get(keyOf(send));
      // What the feed has told is as new.
      if (known === undefined || known.lastMs < send.lastMs) this.#set({ ...send, perS: known?.perS ?? 0 });
    }
    // Programs that send one message and go have another name each time.
    for (const [key, { from, lastMs }] of this.#sends) {
      if (!this.#clients.has(from) && nowMs - lastMs > GONE_MS) this.#sends.delete(key);
    }
  }

  /** Takes what has flown since. */
  apply({ flows }: FlowsEvent, nowMs: number): void {
    for (const flow of flows) {
      const lastMs = flow.perS > 0 ? nowMs : (this.#sends.get(keyOf(flow))?.lastMs ?? nowMs);
      this.#set({ ...flow, lastMs });
    }
  }

  /** Says that nothing flows that is known of, as nobody tells. */
  calm(): void {
    for (const send of this.#sends.values()) send.perS = 0;
  }

  /**
   * All channels, with who sends there and who hears them. A topic filter is not drawn but where it finds no channel: who subscribes by it hears
   * the channels that it matches.
   *
   * @param nowMs by the gateway's clock
   * @param onlyMoving leaves out what nobody has sent to for a minute
   */
  channels(nowMs: number, onlyMoving: boolean): GraphChannel[] {
    const channels = new Map<string, GraphChannel>();
    const channelOf = (name: string, isDirect: boolean): GraphChannel => {
      const key = isDirect ? `\n${name}` : name;
      const known = channels.get(key);
      if (known) return known;
      const made: GraphChannel = { name, isDirect, sends: [], hearings: [] };
      channels.set(key, made);
      return made;
    };
    for (const send of this.#sends.values()) {
      if (onlyMoving && nowMs - send.lastMs > MOVES_MS) continue;
      const channel = channelOf(send.to, send.isDirect);
      channel.sends.push(send);
      if (send.isDirect && send.recipients > 0 && channel.hearings.length === 0)
        channel.hearings.push({ by: '', clients: [send.to] });
    }
    const hearings = new Map<string, string[]>();
    for (const { id, hears } of this.#clients.values()) {
      for (const by of hears) {
        const clients = hearings.get(by);
        if (clients) clients.push(id);
        else hearings.set(by, [id]);
      }
    }
    const filters = new Map<string, string[]>();
    for (const [by, clients] of hearings) {
      if (isFilter(by)) filters.set(by, clients);
      else if (!onlyMoving || channels.has(by)) channelOf(by, false).hearings.push({ by, clients });
    }
    const named = [...channels.values()].filter(({ isDirect }) => !isDirect);
    const split = named.map((channel) => ({ channel, levels: channel.name.split('/') }));
    for (const [by, clients] of filters) {
      const hearing: Hearing = { by, clients };
      const wanted = by.split('/');
      let isFound = false;
      for (const { channel, levels } of split) {
        if (!matches(wanted, levels)) continue;
        channel.hearings.push(hearing);
        isFound = true;
      }
      if (!isFound && !onlyMoving) channelOf(by, false).hearings.push(hearing);
    }
    return [...channels.values()];
  }

  #set(send: Send): void {
    const key = keyOf(send);
    // The one that was heard of longest ago is the first to go.
    this.#sends.delete(key);
    this.#sends.set(key, send);
    const [oldest] = this.#sends.keys();
    if (this.#sends.size > MAX_SENDS && oldest !== undefined) this.#sends.delete(oldest);
  }
}

function keyOf({ from, to }: Pick<Send, 'from' | 'to'>): string {
  return `${from}\n${to}`;
}

/** Whether it has wildcards as in MQTT. */
function isFilter(name: string): boolean {
  return name.split('/').some((level) => level === '+' || level === '#');
}

/** Whether a topic filter matches a channel, each in its levels (MQTT 5, section 4.7). */
function matches(filter: readonly string[], levels: readonly string[]): boolean {
  const [first = ''] = levels;
  if (first.startsWith('$') && (filter[0] === '#' || filter[0] === '+')) return false;
  for (const [index, wanted] of filter.entries()) {
    if (wanted === '#') return true;
    if (index >= levels.length || (wanted !== '+' && wanted !== levels[index])) return false;
  }
  return filter.length === levels.length;
}

/** Says of names whether they are looked for. */
export interface Wanted {
  client: (id: string) => boolean;
  channel: (name: string) => boolean;
}

/** What has to do with clients and channels that are looked for: they themselves, where they send and whom they hear, and who hears them. */
export function related(channels: readonly GraphChannel[], wanted: Wanted): GraphChannel[] {
  const parts = new Map<Hearing, Hearing>();
  const wantedOf = (hearing: Hearing): Hearing => {
    const known = parts.get(hearing);
    if (known) return known;
    const made = { by: hearing.by, clients: hearing.clients.filter(wanted.client) };
    parts.set(hearing, made);
    return made;
  };
  return channels.flatMap((channel) => {
    if (wanted.channel(channel.name)) return [channel];
    const sends = channel.sends.filter(({ from }) => wanted.client(from));
    const hearings = channel.hearings.map(wantedOf).filter(({ clients }) => clients.length > 0);
    // Who sends to those that are looked for, and who hears what they send.
    if (sends.length > 0 && hearings.length > 0) return [channel];
    if (sends.length > 0) return [{ ...channel, sends }];
    if (hearings.length > 0) return [{ ...channel, hearings }];
    return [];
  });
}
