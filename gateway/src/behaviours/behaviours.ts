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
import { CALL, Gather, gatherChannel } from './gather.ts';
import { Leader } from './leader.ts';
import { type Request, readRequest, type Wanted } from './request.ts';
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

const MAX_COUNT = 50_000;
/** What a watch needs in memory beside its names, about. */
const WATCH_BYTES = 500;

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
      { name: 'crosscomm_behaviour_watches', help: 'How many behaviours clients watch: awareness, gather and leader.' },
      () => [...this.#byClient.values()].reduce((sum, { size }) => sum + size, 0),
    );
    hub.join(this);
    this.#endings = [
      hub.events.on('leave', (id) => this.#left(id)),
      // It has moved to another gateway.
      hub.events.on('came', (id) => this.#left(id)),
    ];
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
    if (typeof request === 'string') {
      this.#refuse(client, 'PEER_MALFORMED', request);
      return;
    }
    const { wanted, name, stop } = request;
    if (stop) {
      this.#end(client, name);
      return;
    }
    const fault = this.#faultOf(client, request);
    if (fault !== undefined) this.#refuse(client, ...fault, wanted);
    else this.#watch(client, request);
  }

  /** Why a client may not have what it asks for. */
  #faultOf(client: string, { wanted, stand }: Request): [code: ErrorCode, why: string] | undefined {
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
    if (stand === true && !maySend(client, channel)) {
      return ['PEER_NOT_ALLOWED', `it may not send to ${channel}, and so not lead it`];
    }
    return undefined;
  }

  #watch(client: string, { wanted, name, stand }: Request): void {
    const id = JSON.stringify(wanted);
    const mine = this.#byClient.get(client);
    const before = mine?.get(name);
    if (before === undefined || before.id !== id) {
      const bytes = WATCH_BYTES + 2 * (id.length + client.length);
      if (!this.#room.set(`watch ${client} ${name}`, bytes, { client })) {
        this.#refuse(client, 'PEER_TOO_MANY', 'there is no room for more (limits.maxBehaviourBytes)', wanted);
        return;
      }
      const watched = this.#watched.get(id) ?? this.#open(client, id, wanted);
      if (watched === undefined) {
        if (before === undefined) this.#room.delete(`watch ${client} ${name}`);
        this.#refuse(client, 'PEER_TOO_MANY', 'the gateway listens to as many channels as it can', wanted);
        return;
      }
      if (before !== undefined) this.#unwatch(client, before);
      const names = mine ?? new Map<string, Watched>();
      names.set(name, watched);
      this.#byClient.set(client, names);
    }
    const watched = this.#byClient.get(client)?.get(name);
    if (watched?.subject instanceof Leader && stand !== undefined) watched.subject.stand(client, stand);
    watched?.watch(client);
  }

  /** Begins what nobody watched so far; undefined where the channel cannot be heard. */
  #open(client: string, id: string, wanted: Wanted): Watched | undefined {
    const { hub, clock, maySend } = this.#parts;
    const watched = new Watched(id, this.#subjectOf(wanted, id), {
      clock,
      send: (to, body) => this.#send(to, body),
      // Rights may have changed since it asked.
      mayTell: (to) => this.#parts.mayHear(to, heardBy(wanted)),
    });
    const { channel } = watched.subject;
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
    if (wanted.kind === 'gather' && maySend(client, channel)) {
      const call = this.#message(channel, CALL);
      this.#heard(channel, call);
      hub.send(call);
    }
    return watched;
  }

  #subjectOf(wanted: Wanted, id: string): Awareness | Gather | Leader {
    if (wanted.kind === 'awareness') return new Awareness(wanted, id, this.#room);
    return wanted.kind === 'gather' ? new Gather(wanted, id, this.#room) : new Leader(wanted.channel);
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
    if (watched.subject instanceof Leader) watched.subject.stand(client, false);
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

  #refuse(client: string, code: ErrorCode, why: string, wanted?: Wanted): void {
    this.#refusals.value++;
    const message = `What ${client} asked of behaviours is refused: ${why}.`;
    this.#parts.report({ door: this.id, who: client, code, message });
    const about = wanted === undefined ? {} : { [wanted.kind]: wanted.channel };
    const key = wanted?.kind === 'gather' ? { key: wanted.key } : {};
    this.#send(client, JSON.stringify({ ...about, ...key, error: message, code }));
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

function heardBy(wanted: Wanted): string {
  return wanted.kind === 'gather' ? gatherChannel(wanted.channel, wanted.key) : wanted.channel;
}
