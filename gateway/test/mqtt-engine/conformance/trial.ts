import { FakeClock } from '@crosscomm/testing/fake-clock';
import { Place } from '@crosscomm/testing/place';
import type { ConnectInit, Version } from './packets.ts';
import { Peer } from './peer.ts';
import type { Property } from './properties.ts';

/** A rule of MQTT, and how a client sees that the broker keeps it. The numbers are those of the specifications, without `MQTT-`. */
export interface Rule {
  /** Its numbers in MQTT 3.1.1, with spaces between; undefined: that version has no such rule. */
  readonly 4?: string | undefined;
  /** In MQTT 5. */
  readonly 5?: string | undefined;
  /** A sentence. */
  readonly is: string;
  run(trial: Trial): Promise<void>;
}

/** The broker that the rules are tried with. */
export interface Target {
  readonly port: number;
  /** Where it speaks WebSocket. */
  readonly webSocket: string;
  /** It is the gateway: what the specifications only recommend is looked at too, such as the reason code of a DISCONNECT. */
  readonly isOurs: boolean;
  /** Lets time pass. */
  passes(seconds: number): Promise<void>;
  /** Resolves when it has ended, and its connections with it; undefined where it is not for the test to end it. */
  close(): Promise<void>;
}

/** An account that may do what anyone may. */
export const MEMBER = { username: 'member', password: 'a-password-of-the-member' };
/** One that may publish nothing. */
export const VIEWER = { username: 'viewer', password: 'a-password-of-the-viewer' };

/**
 * A gateway of its own in this process, on a clock that the rules move, with this `mqtt.core`; or, to find out whether a rule is right, the
 * broker that the variables CONFORMANCE_PORT and CONFORMANCE_WEBSOCKET name.
 */
export async function openTarget(core: 'aedes' | 'own'): Promise<Target> {
  const { CONFORMANCE_PORT: port, CONFORMANCE_WEBSOCKET: webSocket = '' } = process.env;
  if (port !== undefined) {
    const passes = (seconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return { port: Number(port), webSocket, isOurs: false, passes, close: async () => {} };
  }
  const place = new Place();
  for (const { username, password } of [MEMBER, VIEWER]) {
    const given = ['account', 'add', username, '--role', username, '--password-stdin'];
    const made = await place.run(given, password);
    if (made.code !== 0) throw new Error(`the account was not made: ${made.err}`);
  }
  const clock = new FakeClock(Date.now());
  const { mqtt, http } = await place.start(
    { mqtt: { host: '127.0.0.1', port: 0, maxPacketBytes: 300_000, core } },
    { clock },
  );
  return {
    port: mqtt.port,
    webSocket: `ws://127.0.0.1:${http.port}/mqtt`,
    isOurs: true,
    passes: async (seconds) => clock.advance(seconds * 1000),
    close: () => place.dispose(),
  };
}

/** One rule being tried, with client ids and topics that no other one has. */
export class Trial {
  readonly version: Version;
  readonly target: Target;
  readonly #name: string;
  #count = 0;
  readonly #peers: Peer[] = [];

  constructor(target: Target, version: Version, name: string) {
    this.target = target;
    this.version = version;
    this.#name = name;
  }

  /** A topic of this rule's own. */
  topic(rest = 'topic'): string {
    return `${this.#name}/${rest}`;
  }

  /** A client id of this rule's own: letters and digits only. */
  id(number = 0): string {
    return `${this.#name}x${number}`;
  }

  /** A connection that has sent nothing. */
  async dial(version = this.version): Promise<Peer> {
    const peer = await Peer.dial(version, this.target.port);
    this.#peers.push(peer);
    return peer;
  }

  /** A client that was let in, under an id of its own where none is given. */
  async client(init: ConnectInit = {}, version = this.version): Promise<Peer> {
    const peer = await this.dial(version);
    const connack = await peer.introduce({ id: this.id(++this.#count), ...init });
    if (connack.reason !== 0) throw new Error(`it was refused with ${connack.reason}`);
    return peer;
  }

  /** A client whose session outlives its connection. */
  lasting(init: ConnectInit = {}, version = this.version): Promise<Peer> {
    const properties = Array.isArray(init.properties) ? [...(init.properties as readonly Property[])] : [];
    const hasExpiry = properties.some(([name]) => name === 'sessionExpiry');
    if (version === 5 && !hasExpiry) properties.push(['sessionExpiry', 1000]);
    return this.client({ clean: false, ...init, properties }, version);
  }

  /** The connection ends at once, in MQTT 5 with one of these reasons. */
  async refused(peer: Peer, ...reasons: number[]): Promise<void> {
    const packets = await peer.ended();
    const last = packets.at(-1);
    if (!this.target.isOurs) return;
    if (this.version === 4) {
      if (packets.length > 0) throw new Error(`nothing was to come, and not ${last?.kind}`);
    } else if (!reasons.includes(last?.reason ?? 0)) {
      throw new Error(`the reason is ${hex(last?.reason ?? 0)} and not ${reasons.map(hex).join(' or ')}`);
    }
  }

  /** What `from` publishes reaches `to`, and until then nothing else does. */
  async nothingFrom(from: Peer, to: Peer): Promise<void> {
    const topic = this.topic(`end${++this.#count}`);
    await to.subscribe(topic, 1);
    await from.publish(topic, 'end', { qos: 1 });
    const got = await to.message();
    if (got.topic !== topic) throw new Error(`nothing was to come, and not ${got.topic} ${got.text}`);
  }

  end(): void {
    for (const peer of this.#peers) peer.cut();
  }
}

const hex = (code: number): string => `0x${code.toString(16)}`;
