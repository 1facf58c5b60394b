import type { Clock } from '../common/clock.ts';
import type { ErrorCode } from '../common/errors.ts';
import type { Counter, Metrics } from '../common/metrics.ts';
import { BEHAVIOURS } from '../common/names.ts';
import { SharedBudget } from '../common/shared-budget.ts';
import { parseAddress } from '../hub/address.ts';
import type { Hub } from '../hub/hub.ts';
import { Message } from '../hub/message.ts';
import { isPattern } from '../hub/pattern.ts';
import { type Delivery, GATEWAY_PROTOCOL, type Session } from '../hub/session.ts';
import { Awareness } from './awareness.ts';
import { Consensus, consensusChannel } from './consensus.ts';
import { Gather, gatherChannel } from './gather.ts';
import { Leader } from './leader.ts';
import { Poll } from './poll.ts';
import { type Request, readRequest } from './request.ts';
import { Spatial, spatialChannel } from './spatial.ts';
import { Spread, spreadChannel } from './spread.ts';
import type { Room, Subject } from './subject.ts';
import { Sync, syncChannel } from './sync.ts';
import { aboutOf, type Wanted } from './wanted.ts';
import { Watched } from './watched.ts';

export interface BehavioursParts {
  readonly hub: Hub;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** What all that is remembered may need in memory; one client may use a quarter. */
  readonly maxBytes: number;
  /** Whether a client that is online may hear what is sent to a channel, and send there. */
  mayHear(client: string, channel: string): boolean;
  maySend(client: string, channel: string): boolean;
  report(incident: { door: string; who: string; code: ErrorCode; message: string }): void;
}

/** A behaviour that clients watch. */
export interface BehaviourInUse {
  readonly kind: Wanted['kind'];
  readonly channel: string;
  readonly key: string | undefined;
  /** The channel that who watches it must have the right to hear. */
  readonly heardBy: string;
  readonly clients: readonly string[];
  /** What somebody is told that begins to watch now, as texts of JSON objects. */
  now(): readonly string[];
}

const MAX_COUNT = 50_000;
/** What a watch needs in memory beside its names and tables, about. */
const WATCH_BYTES = 500;
/** What they need for the members of a beat, or for the last result. */
const MORE_BYTES: Partial<Record<Wanted['kind'], number>> = { sync: 4000, poll: 12_000 };

/**
 * The gateway's client `behaviours`: others ask it by messages for what a room does together (who is there, what everyone has, who leads), and
 * it tells them by messages of its own. As long as nobody asks it listens nowhere, and costs other messages nothing.
 */
export class Behaviours implements Session {
  readonly id = BEHAVIOURS;
  readonly protocol = GATEWAY_PROTOCOL;
  readonly #parts: BehavioursParts;
  readonly #room: SharedBudget;
  readonly #refusals: Counter;
  /** What is watched, by what was wanted. */
  readonly #watched = new Map<string, Watched>();
  readonly #byChannel = new Map<string, Set<Watched>>();
  /** What each client watches, by the name of the request. */
  readonly #byClient = new Map<string, Map<string, Watched>>();
  readonly #endings: (() => void)[];

  constructor(parts: BehavioursParts) {
    const { hub, metrics, maxBytes } = parts;
    this.#parts = parts;
    this.#room = new SharedBudget({ maxCount: MAX_COUNT, maxBytes });
    this.#refusals = metrics.counter({
      name: 'crosscomm_behaviour_refusals_total',
      help: 'How many requests to the behaviours were refused, and messages left out of their tables.',
    });
    metrics.gauge(
      {
        name: 'crosscomm_behaviour_watches',
        help: 'How many behaviours clients watch: awareness, gather, leader, sync and others.',
      },
      () => [...this.#byClient.values()].reduce((sum, { size }) => sum + size, 0),
    );
    hub.join(this);
    this.#endings = [
      hub.events.on('leave', (id) => this.#left(id)),
      // It has moved to another gateway.
      hub.events.on('came', (id) => this.#left(id)),
    ];
  }

  /** All that clients watch now, in the order in which it was first asked for. */
  list(): BehaviourInUse[] {
    return Array.from(this.#watched.values(), (watched) => {
      const { wanted, clients } = watched;
      const { kind, channel } = wanted;
      const key = 'key' in wanted ? wanted.key : undefined;
      return { kind, channel, key, heardBy: heardBy(wanted), clients, now: () => watched.now };
    });
  }

  stop(): void {
    for (const end of this.#endings) end();
    for (const client of [...this.#byClient.keys()]) this.#left(client);
    this.close();
  }

  close(): void {
    this.#parts.hub.leave(this, 'shutdown');
  }

  deliver(message: Message): Delivery {
    if (message.to === this.id) this.#asked(message);
    else this.#heard(message.to, message);
    return 'delivered';
  }

  #heard(channel: string, message: Message): void {
    for (const watched of [...(this.#byChannel.get(channel) ?? [])]) {
      if (watched.hear(message)) continue;
      this.#refusals.value++;
      const text =
        `What ${message.from} says on ${channel} is left out of a table of the behaviours: it is longer than 4096 characters, ` +
        'or there is no room for it (limits.maxBehaviourBytes).';
      this.#parts.report({ door: this.id, who: message.from, code: 'PEER_TOO_LARGE', message: text });
    }
  }

  #asked(message: Message): void {
    const client = message.from;
    if (this.#parts.hub.session(client) === undefined) {
      this.#refuse(client, 'PEER_GONE', 'who asks must be connected, to be told');
      return;
    }
    const request = readRequest(message);
    if ('fault' in request) {
      this.#refuse(client, 'PEER_MALFORMED', request.fault, request.about);
      return;
    }
    const { wanted, name, stop } = request;
    if (stop) {
      this.#end(client, name);
      return;
    }
    const fault = this.#faultOf(client, request);
    if (fault !== undefined) this.#refuse(client, ...fault, aboutOf(wanted));
    else this.#watch(client, request);
  }

  /** Why a client may not have what it asks for. */
  #faultOf(client: string, { wanted, sendsTo }: Request): [code: ErrorCode, why: string] | undefined {
    const { hub, mayHear, maySend } = this.#parts;
    const channel = heardBy(wanted);
    const address = parseAddress(channel);
    const isPlain = address !== undefined && address.password === undefined && address.functions === undefined;
    if (!isPlain || !hub.isName(channel) || isPattern(channel) || hub.isReserved(channel) || hub.isPrivate(channel)) {
      return [
        'PEER_BAD_NAME',
        `${channel.slice(0, 60)} is no channel for it: it is private, reserved, or no plain name`,
      ];
    }
    if (!mayHear(client, channel)) return ['PEER_NOT_ALLOWED', `it may not subscribe to ${channel}`];
    if (sendsTo !== undefined && !maySend(client, channel)) {
      return ['PEER_NOT_ALLOWED', `it may not send to ${channel}, and so not ${sendsTo}`];
    }
    return undefined;
  }

  #watch(client: string, { wanted, name, act }: Request): void {
    const id = JSON.stringify(wanted);
    const mine = this.#byClient.get(client);
    const before = mine?.get(name);
    if (before === undefined || before.id !== id) {
      const bytes = WATCH_BYTES + (MORE_BYTES[wanted.kind] ?? 0) + 2 * (id.length + client.length);
      if (!this.#room.set(`watch ${client} ${name}`, bytes, { client })) {
        this.#refuse(client, 'PEER_TOO_MANY', 'there is no room for more (limits.maxBehaviourBytes)', aboutOf(wanted));
        return;
      }
      const watched = this.#watched.get(id) ?? this.#open(id, wanted);
      if (watched === undefined) {
        if (before === undefined) this.#room.delete(`watch ${client} ${name}`);
        this.#refuse(client, 'PEER_TOO_MANY', 'the gateway listens to as many channels as it can', aboutOf(wanted));
        return;
      }
      if (before !== undefined) this.#unwatch(client, before);
      const names = mine ?? new Map<string, Watched>();
      names.set(name, watched);
      this.#byClient.set(client, names);
    }
    const done = this.#byClient.get(client)?.get(name)?.watch(client, act);
    if (done === undefined) return;
    if ('fault' in done) this.#refuse(client, 'PEER_MALFORMED', done.fault, aboutOf(wanted));
    else this.#send(client, done.answer);
  }

  /** Begins what nobody watched so far; undefined where the channel cannot be heard. */
  #open(id: string, wanted: Wanted): Watched | undefined {
    const { hub, clock, maySend } = this.#parts;
    const subject = subjectOf(wanted, id, this.#room, clock.monotonicMs());
    const { channel } = subject;
    let maySay = false;
    const watched: Watched = new Watched(id, wanted, subject, {
      clock,
      send: (to, body) => this.#send(to, body),
      say: (body) => {
        if (channel === undefined || !hub.members(channel).some((member) => member !== this.id)) return;
        // It speaks for those who watch, and for the last one after it has gone.
        if (!watched.isIdle) maySay = watched.clients.some((one) => maySend(one, channel));
        if (maySay) hub.send(this.#message(channel, body));
      },
      // Rights may have changed since it asked.
      mayTell: (to) => this.#parts.mayHear(to, heardBy(wanted)),
    });
    this.#watched.set(id, watched);
    if (channel === undefined) return watched;
    const there = this.#byChannel.get(channel);
    if (there !== undefined) there.add(watched);
    else {
      this.#byChannel.set(channel, new Set([watched]));
      const outcome = hub.subscribe(this, channel);
      if (outcome !== 'subscribed' && outcome !== 'already') {
        this.#close(watched);
        return undefined;
      }
    }
    return watched;
  }

  /** A client has gone: it watches nothing any more, and leads nothing. */
  #left(client: string): void {
    for (const name of [...(this.#byClient.get(client)?.keys() ?? [])]) this.#end(client, name);
  }

  #end(client: string, name: string): void {
    const mine = this.#byClient.get(client);
    const watched = mine?.get(name);
    if (mine === undefined || watched === undefined) return;
    this.#room.delete(`watch ${client} ${name}`);
    mine.delete(name);
    if (mine.size === 0) this.#byClient.delete(client);
    this.#unwatch(client, watched);
  }

  #unwatch(client: string, watched: Watched): void {
    watched.unwatch(client);
    if (watched.isIdle) this.#close(watched);
  }

  #close(watched: Watched): void {
    watched.end();
    this.#watched.delete(watched.id);
    const { channel } = watched.subject;
    if (channel === undefined) return;
    const there = this.#byChannel.get(channel);
    there?.delete(watched);
    if (there === undefined || there.size > 0) return;
    this.#byChannel.delete(channel);
    this.#parts.hub.unsubscribe(this, channel);
  }

  #refuse(client: string, code: ErrorCode, why: string, about: object = {}): void {
    this.#refusals.value++;
    const message = `What ${client} asked of behaviours is refused: ${why}.`;
    this.#parts.report({ door: this.id, who: client, code, message });
    this.#send(client, JSON.stringify({ ...about, error: message, code }));
  }

  /** False where the client did not get it. */
  #send(to: string, body: string): boolean {
    const { hub } = this.#parts;
    return hub.session(to) !== undefined && hub.send(this.#message(to, body)).reason === undefined;
  }

  #message(to: string, body: string): Message {
    return new Message({ from: this.id, to, kind: 'dict', body, timestampMs: this.#parts.clock.now() });
  }
}

function subjectOf(wanted: Wanted, id: string, room: Room, nowMs: number): Subject {
  switch (wanted.kind) {
    case 'awareness':
      return new Awareness(wanted, id, room);
    case 'gather':
      return new Gather(wanted, id, room, nowMs);
    case 'leader':
      return new Leader(wanted.channel);
    case 'sync':
      return new Sync(wanted.channel, nowMs);
    case 'consensus':
      return new Consensus(wanted, id, room);
    case 'poll':
      return new Poll(wanted.channel, id, room);
    case 'spread':
      return new Spread(wanted, id, room);
    case 'spatial':
      return new Spatial(wanted, id, room, nowMs);
  }
}

/** The channel that who wants it must have the right to hear. */
function heardBy(wanted: Wanted): string {
  switch (wanted.kind) {
    case 'gather':
      return gatherChannel(wanted.channel, wanted.key);
    case 'sync':
      return syncChannel(wanted.channel);
    case 'consensus':
      return consensusChannel(wanted.channel, wanted.key);
    case 'spread':
      return spreadChannel(wanted.channel, wanted.key);
    case 'spatial':
      return spatialChannel(wanted.channel, wanted.key);
    default:
      return wanted.channel;
  }
}
