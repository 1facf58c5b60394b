import type { Asking } from './asking.ts';
import type { SendOptions } from './contract.ts';
import type { Elsewhere, ForwardedSender, RemoteClient } from './elsewhere.ts';
import type { Message } from './message.ts';
import type { HubParts } from './parts.ts';
import type { Receipt } from './receipt.ts';
import { Tally } from './tally.ts';
import type { Trail } from './tracer.ts';

/** Messages to clients that are online at another gateway. */
export class Forwarding {
  readonly #parts: HubParts;
  readonly #elsewhere: Elsewhere;
  readonly #asking: Asking;
  /** Shows a message whose recipients are known. */
  readonly #show: (message: Message, receipt: Receipt, options: SendOptions) => void;

  constructor(parts: HubParts, show: (message: Message, receipt: Receipt, options: SendOptions) => void) {
    this.#parts = parts;
    this.#elsewhere = parts.elsewhere;
    this.#asking = parts.asking;
    this.#show = show;
  }

  /** The client of that id which is online at another gateway, and to which a message goes; undefined: it stays here. */
  target(message: Message, { gateway }: SendOptions): RemoteClient | undefined {
    // What came from another gateway goes to no third one.
    if (this.#elsewhere.isEmpty || gateway !== undefined || message.from === message.to) return undefined;
    // Behind what waits here for it; all of it goes there together.
    if (message.isKept && this.#elsewhere.homes.isHere(message.to)) return undefined;
    const client = this.#elsewhere.targetOf(message);
    return client !== undefined && this.#asking.guard.mayHave(message.to, client.account) ? client : undefined;
  }

  /** Whether what is sent to a name waits for a client at another gateway while that is away. */
  waits(to: string, { gateway }: SendOptions): boolean {
    if (gateway !== undefined) return false;
    const home = this.#elsewhere.homes.homeOf(to);
    return home !== undefined && this.#asking.guard.mayHave(to, home.account);
  }

  /** Begins to write a message down for the gateway where it waits for its recipient; see `Homes.keep`. */
  keep(message: Message, options: SendOptions): boolean {
    const { homes } = this.#elsewhere;
    return homes.keep(message, this.#senderOf(message, options), this.#parts.directory.isOnline(message.to));
  }

  /** The same as a part of handing a message to those who subscribe to its channel. */
  keepToo(message: Message, options: SendOptions, { receipt, trail }: Tally): void {
    // What is published by MQTT with QoS 0 waits for nobody.
    if (options.ingress !== undefined && !message.isKept) return;
    if (message.from === message.to || !this.waits(message.to, options)) return;
    const isKept = this.keep(message, options);
    trail?.add(message.to, isKept ? 'waiting' : 'queue_full');
    if (isKept) receipt.delivered++;
    else {
      receipt.refused++;
      receipt.reason ??= 'queue_full';
    }
  }

  /**
   * Hands a message to the gateway of its recipient. The receipt has the one that is going to come from there; a kept one for a client that has
   * a place where it waits goes there by the same way as those that wait already, and behind them.
   */
  send(message: Message, client: RemoteClient, options: SendOptions, trail: Trail | undefined): Receipt {
    if (message.isKept && this.waits(message.to, options)) return this.#keepBehind(message, options, trail);
    // A matcher ends its trail before the answer is here.
    if (options.trail !== undefined) options.trail.add(message.to, 'queued');
    const answered = this.#elsewhere.courier.forward(message, client, this.#senderOf(message, options));
    const forwarded = answered.then((receipt) => {
      this.#settle(message, options, receipt, options.trail === undefined ? trail : undefined);
      return receipt;
    });
    return { delivered: 0, refused: 0, reason: undefined, forwarded };
  }

  /** Has a message for one client go the way of those that wait for it, behind them. */
  #keepBehind(message: Message, options: SendOptions, trail: Trail | undefined): Receipt {
    const isKept = this.keep(message, options);
    const receipt: Receipt = isKept
      ? { delivered: 1, refused: 0, reason: undefined }
      : { delivered: 0, refused: 1, reason: 'queue_full' };
    if (options.trail !== undefined) options.trail.add(message.to, isKept ? 'waiting' : 'queue_full');
    this.#settle(message, options, receipt, options.trail === undefined ? trail : undefined);
    return receipt;
  }

  #senderOf(message: Message, options: SendOptions): ForwardedSender {
    const { account } = this.#asking.senderOf(message, options);
    return { account, protocol: options.protocol ?? this.#parts.directory.sender(message.from)?.protocol };
  }

  #settle(message: Message, options: SendOptions, receipt: Receipt, trail: Trail | undefined): void {
    const { counting, tracing } = this.#parts;
    const { delivered, refused, reason } = receipt;
    const tally = new Tally(trail, reason);
    Object.assign(tally.receipt, { delivered, refused });
    if (refused > 0) tally.firstRefused = message.to;
    trail?.add(message.to, delivered > 0 ? 'delivered' : outcomeOf(reason));
    counting.deliveries.value += delivered;
    if (reason !== undefined) counting.refusals[reason].value += Math.max(1, refused);
    if (reason !== undefined || trail !== undefined) tracing.end(message, options, tally);
    this.#show(message, receipt, options);
  }
}

function outcomeOf(reason: Receipt['reason']): 'queue_full' | 'too_large' | 'closed' | 'offline' {
  return reason === 'queue_full' || reason === 'too_large' || reason === 'closed' ? reason : 'offline';
}
