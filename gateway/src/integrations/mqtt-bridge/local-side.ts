import { duplexPair } from 'node:stream';
import type { BridgePort } from '../../protocols/bridge-port.ts';
import { Answers, CONNACK, SUBACK, UNSUBACK } from './answers.ts';
import { readConnack, readDisconnect, readSuback } from './broker-packets.ts';
import { connect, DISCONNECT, type Request, subscribe, unsubscribe } from './client-packets.ts';
import { BridgeFault } from './faults.ts';
import { type PacketOwner, PacketStream } from './packet-stream.ts';

/** As whom a bridge comes to the gateway's own broker. */
export interface LocalIdentity {
  readonly port: BridgePort;
  /** Its client id. */
  readonly id: string;
  /** Whose rules hold; undefined: everything may pass. */
  readonly account: string | undefined;
  /** What is shown as its address: where the other broker is. */
  readonly peer: string;
}

/** What the other broker takes, which is then what is sent to it. */
export interface LocalTakes {
  readonly receiveMaximum: number;
  readonly maxPacketBytes: number | undefined;
  readonly topicAliasMaximum: number;
}

/** A request of our own has this id; those of the other broker's messages do not matter to it. */
const OWN_ID = 65_535;
/** How many filters are named at once. */
const MAX_FILTERS = 50;
const FOR_EVER_S = 0xffff_ffff;

/** A bridge as a client of the gateway's own broker: of MQTT 5, with a session that outlives its connections. */
export class LocalSide {
  readonly #stream: PacketStream;
  readonly #answers = new Answers();
  #said: string | undefined;

  /** `owner` gets all packets but the answers to what is asked here. */
  private constructor({ port, id, account, peer }: LocalIdentity, takes: LocalTakes, owner: PacketOwner) {
    const [own, its] = duplexPair();
    this.#stream = new PacketStream(own, {
      take: (first, packet, body) => this.#take(first, packet, body, owner),
      over: () => {
        const fault = new BridgeFault(
          'refused',
          `this gateway ended the bridge’s own connection to it${this.#said ?? ''}`,
        );
        this.#answers.fail(fault);
        owner.over(fault);
      },
      full: () => owner.full(),
      drained: () => owner.drained(),
    });
    port.accept(its, peer, account);
    const hello = { version: 5, clientId: id, cleanStart: false, keepAliveS: 0, sessionExpiryS: FOR_EVER_S } as const;
    this.#stream.write(connect({ ...hello, ...takes }));
  }

  /** Comes in; rejects with a BridgeFault where that is refused. From then on it is sent what waits for it. */
  static async open(identity: LocalIdentity, takes: LocalTakes, owner: PacketOwner): Promise<LocalSide> {
    const side = new LocalSide(identity, takes, owner);
    const { packet, body } = await side.#answers.wait(CONNACK);
    const { code, reasonString } = readConnack(5, packet, body);
    if (code === 0) return side;
    side.close();
    throw new BridgeFault('refused', `this gateway does not let the bridge in: ${reasonString ?? `code ${code}`}`);
  }

  /** Subscribes; those that it may not are left out, and are returned. */
  async subscribe(requests: readonly Request[]): Promise<string[]> {
    const refused: string[] = [];
    for (let at = 0; at < requests.length; at += MAX_FILTERS) {
      const part = requests.slice(at, at + MAX_FILTERS);
      this.#stream.write(subscribe(5, OWN_ID, part));
      const { packet, body } = await this.#answers.wait(SUBACK, OWN_ID);
      for (const [index, code] of readSuback(5, packet, body).entries()) {
        if (code >= 0x80) refused.push((part[index] as Request).filter);
      }
    }
    return refused;
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    for (let at = 0; at < filters.length; at += MAX_FILTERS) {
      this.#stream.write(unsubscribe(5, OWN_ID, filters.slice(at, at + MAX_FILTERS)));
      await this.#answers.wait(UNSUBACK, OWN_ID);
    }
  }

  write(packet: Uint8Array): void {
    this.#stream.write(packet);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  close(): void {
    this.#answers.fail(new BridgeFault('unreachable', 'the connection was ended'));
    this.#stream.write(DISCONNECT);
    this.#stream.close();
  }

  #take(first: number, packet: Buffer, body: number, owner: PacketOwner): void {
    const type = first >> 4;
    if (type === 14) {
      const { reasonString } = readDisconnect(packet, body);
      this.#said = reasonString && `: ${reasonString}`;
    } else if ((type !== 2 && type !== 9 && type !== 11) || !this.#answers.take(first, packet, body)) {
      owner.take(first, packet, body);
    }
  }
}
