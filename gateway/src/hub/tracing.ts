import { isBridgeId } from '../common/names.ts';
import type { SendOptions } from './contract.ts';
import type { Directory } from './directory.ts';
import type { Message } from './message.ts';
import type { Delivery } from './session.ts';
import type { Tally } from './tally.ts';
import { NO_TRACER, type Tracer, type Trail } from './tracer.ts';

/** Has it written down what becomes of messages, where somebody does that. */
export class Tracing {
  tracer: Tracer = NO_TRACER;
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  /** Of a message that sets out here, while there is room. */
  begin(message: Message, options: SendOptions): Trail | undefined {
    // Who came in by another matcher was asked there.
    if (options.ingress !== undefined) return undefined;
    return this.tracer.takeRoom(message.from) ? this.#open(message, options) : undefined;
  }

  /** It was handed to everybody. One that nobody follows is worth a trail if somebody should have got it and did not. */
  end(message: Message, options: SendOptions, tally: Tally): void {
    const { trail, firstRefused } = tally;
    const { delivered, refused, reason } = tally.receipt;
    if (trail !== undefined) {
      // The matcher that it came from goes on with it.
      if (options.trail === undefined) trail.end(delivered + refused, reason);
      return;
    }
    if (reason === undefined || (options.ingress !== undefined && refused === 0)) return;
    if (!this.tracer.takeLostRoom()) return;
    const late = this.#open(message, options);
    if (late === undefined) return;
    if (firstRefused !== undefined) late.add(firstRefused, reason as Delivery);
    for (let more = 1; more < refused; more++) late.add('', reason as Delivery);
    late.end(delivered + refused, reason);
  }

  /** It was refused before it set out. */
  refuse(message: Message, options: SendOptions, why: string): void {
    if (this.tracer.takeLostRoom()) this.#open(message, options)?.end(0, 'rule', why);
  }

  /** undefined for what the gateway itself says. */
  #open(message: Message, options: SendOptions): Trail | undefined {
    const { from, to, kind, body } = message;
    if (this.#directory.isReserved(from) && !isBridgeId(from)) return undefined;
    return this.tracer.open({
      ...{ from, kind, size: body.length, protocol: options.protocol },
      to: to.includes(':') ? (this.#directory.privateNameOf(to, options) ?? to) : to,
      isRetained: options.retainMs !== undefined || options.keep === true,
    });
  }
}
