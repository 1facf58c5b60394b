import { hostInUrl } from '../../common/host-in-url.ts';
import { tickStep } from '../../common/tick-step.ts';
import type { Message } from '../../hub/message.ts';
import type { Delivery } from '../../hub/session.ts';
import type { Wire } from '../../transports/wire.ts';
import type { SessionContext } from '../context.ts';
import { lengthPrefixedPacket, slipPacket } from './framing.ts';
import type { OscLink, Subscriber } from './link.ts';
import { PacketStream, type PacketStreamHandler } from './packet-stream.ts';
import { readPacket } from './read-packet.ts';
import { OscSession } from './session.ts';

export interface StreamPeerOptions {
  /** Where the connection comes from. */
  address: string;
  port: number;
  /** The longest packet that is taken, and sent. */
  maxPacketBytes: number;
  /** How long a connection has for its first message. */
  handshakeTimeoutMs: number;
}

/** One TCP connection: packets of OSC 1.0 or 1.1 both ways, in the framing that the peer begins with. */
export class StreamPeer implements OscLink, PacketStreamHandler {
  readonly peer: string;
  readonly #context: SessionContext;
  readonly #wire: Wire;
  readonly #options: StreamPeerOptions;
  readonly #stream: PacketStream;
  readonly #session: OscSession;
  #silentMs = 0;
  #tickedMs: number;

  constructor(wire: Wire, context: SessionContext, options: StreamPeerOptions) {
    this.peer = `${hostInUrl(options.address)}:${options.port}`;
    this.#context = context;
    this.#wire = wire;
    this.#options = options;
    this.#stream = new PacketStream(options.maxPacketBytes, this);
    this.#session = new OscSession(context, this, options);
    this.#tickedMs = context.clock.monotonicMs();
  }

  // What comes

  /** How much of a packet is held whose end has not come. */
  get heldBytes(): number {
    return this.#stream.heldBytes;
  }

  push(chunk: Uint8Array): void {
    this.#stream.push(chunk);
  }

  packet(bytes: Uint8Array): void {
    const messages = readPacket(bytes, this.#session.id, this.#context.incidents);
    if (messages !== undefined) this.#session.receive(messages);
  }

  tooLarge(): void {
    const { maxPacketBytes } = this.#options;
    this.#report('PEER_TOO_LARGE', `A packet of more than ${maxPacketBytes} bytes was thrown away; send less at once.`);
  }

  badEscape(): void {
    this.#report(
      'PEER_MALFORMED',
      'A packet was thrown away: what follows its SLIP escape is neither of the two that can.',
    );
  }

  lost(why: string): void {
    this.#report('PEER_MALFORMED', `The connection was closed: ${why}.`);
    this.#session.close('error');
  }

  /** Called every second, with `Clock.monotonicMs`. */
  tick(nowMs: number): void {
    const elapsedMs = tickStep(this.#tickedMs, nowMs);
    this.#tickedMs = nowMs;
    this.#session.tick(elapsedMs);
    if (this.#session.state !== 'new') return;
    this.#silentMs += elapsedMs;
    if (this.#silentMs < this.#options.handshakeTimeoutMs) return;
    this.#report(
      'PEER_TIMEOUT',
      `The connection was closed, as no message came within ${Math.round(this.#silentMs)} ms.`,
    );
    this.#session.close('timeout');
  }

  disconnected(): void {
    this.#session.disconnected();
  }

  // What goes

  deliver(message: Message): Delivery {
    const encoding = this.#stream.framing === 'slip' ? slipPacket : lengthPrefixedPacket;
    const unit = encoding.of(message);
    if (unit.length > this.#options.maxPacketBytes) return 'too_large';
    return this.#wire.write(unit) ? 'delivered' : 'queue_full';
  }

  answerAt(port: number | undefined): string | undefined {
    return port === undefined ? undefined : 'by TCP answers come by the connection; leave the port out';
  }

  *answeredThere(): Iterable<Subscriber> {
    yield this.#session;
  }

  /** A connection is bounded by `clients.maxSubscriptions` alone. */
  reserve(): boolean {
    return true;
  }

  free(): void {}

  subscribed(): void {}

  /** What comes next asks again, for as long as a connection has to join. */
  refused(): void {}

  end(): void {
    this.#wire.end();
  }

  #report(code: 'PEER_TOO_LARGE' | 'PEER_MALFORMED' | 'PEER_TIMEOUT', message: string): void {
    this.#context.incidents.report({ door: 'osc', who: this.#session.id, code, message });
  }
}
