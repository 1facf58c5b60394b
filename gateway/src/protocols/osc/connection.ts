import { addressOf } from '../../common/peer-address.ts';
import { type Receiver, TOO_MUCH_INCOMPLETE } from '../../transports/incoming.ts';
import { Outbox } from '../../transports/outbox.ts';
import type { ByteStream, Wire } from '../../transports/wire.ts';
import type { ConnectionHost } from './host.ts';
import { StreamPeer } from './stream-peer.ts';

/** How many seconds a connection has to close after its last byte, before it is destroyed. */
const LINGER_TICKS = 5;

/** One TCP connection: its socket, its send queue and who speaks by it. */
export class OscConnection implements Wire, Receiver {
  readonly peer: string;
  readonly #socket: ByteStream;
  readonly #host: ConnectionHost;
  readonly #outbox: Outbox;
  readonly #streamPeer: StreamPeer;
  #isEnded = false;
  #lingered = 0;
  /** How much of a packet whose end has not come is counted. */
  #counted = 0;

  /** `peer`: where it comes from, such as `127.0.0.1:50312`. */
  constructor(socket: ByteStream, peer: string, host: ConnectionHost, maxPacketBytes: number) {
    this.peer = peer;
    this.#socket = socket;
    this.#host = host;
    this.#outbox = new Outbox(socket, host.turn, host.budget, host.outboxLimits);
    this.#streamPeer = new StreamPeer(this, host, {
      address: addressOf(peer),
      port: Number(peer.slice(peer.lastIndexOf(':') + 1)),
      maxPacketBytes,
      handshakeTimeoutMs: host.limits.handshakeTimeoutMs,
    });
    socket.on('data', (chunk: Uint8Array) => {
      if (this.#isEnded) return;
      this.#guard(() => this.#streamPeer.push(chunk));
      this.#count(this.#streamPeer.heldBytes);
    });
    socket.on('close', () => {
      this.#count(0);
      this.#guard(() => this.#streamPeer.disconnected());
    });
  }

  dropIncomplete(): void {
    const { incidents } = this.#host;
    incidents.report({ door: 'osc', who: this.peer, code: 'PEER_TOO_MANY', message: TOO_MUCH_INCOMPLETE });
    this.#isEnded = true;
    this.#socket.destroy();
  }

  #count(bytes: number): void {
    this.#counted = this.#host.budget.incoming.hold(this, bytes, this.#counted);
  }

  write(unit: Uint8Array): boolean {
    return this.#outbox.write(unit);
  }

  end(): void {
    this.#isEnded = true;
    this.#outbox.end();
  }

  /** Called every second, with `Clock.monotonicMs`. */
  tick(nowMs: number): void {
    if (!this.#isEnded) this.#guard(() => this.#streamPeer.tick(nowMs));
    else if (++this.#lingered > LINGER_TICKS) this.#socket.destroy();
  }

  /** A fault of ours ends this connection, not the gateway. */
  #guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      const context = { code: 'INTERNAL' as const, door: 'osc', peer: this.peer, err: error };
      this.#host.log.error(context, 'A connection was closed because of a fault in the gateway.');
      this.#isEnded = true;
      this.#socket.destroy();
    }
  }
}
