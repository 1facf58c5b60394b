import { mayCarry } from '../../access/calls.ts';
import type { AdmittedSession } from '../../access/principal.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Counter } from '../../common/metrics.ts';
import { channelFault } from '../../common/names.ts';
import { addressOf } from '../../common/peer-address.ts';
import { withoutPassword } from '../../hub/address.ts';
import type { Receipt } from '../../hub/receipt.ts';
import type { SessionContext } from '../context.ts';
import type { Dialect } from './dialect-codec.ts';
import { readEvent } from './event.ts';
import type { SecretHandle } from './secret-handle.ts';

/** What belongs to the session of a client that asks. */
export interface RequestParts {
  client: AdmittedSession & { readonly peer: string };
  /** Its handle with the secret, if it came with one. */
  secret(): SecretHandle | undefined;
  dialect(): Dialect;
  write(unit: Uint8Array): void;
  report(code: ErrorCode, message: string): void;
  /** Counts what the client sends. */
  received: Counter;
}

/** Between two lines that tell a client what it may not do. */
const ERROR_INTERVAL_MS = 1000;

/** Carries out what an OOCSI client asks for, by whatever wire. */
export class Requests {
  readonly #context: SessionContext;
  readonly #parts: RequestParts;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(context: SessionContext, parts: RequestParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Sends a message, in which nobody may find the client's secret. `plain`: it may be other text than a JSON object. */
  send(to: string, text: string, plain: boolean): void {
    const secret = this.#parts.secret();
    if (secret === undefined) this.#send(to, text, plain);
    else this.#send(secret.isWritten(to) ? this.#parts.client.id : to, secret.hide(text), plain);
  }

  subscribe(written: string): void {
    const { client, report } = this.#parts;
    const secret = this.#parts.secret();
    const isOwn = secret?.isWritten(written) === true;
    const address = isOwn ? client.id : written;
    const denial = client.principal && this.#context.access.subscribe(client.principal, client, address);
    if (isOwn && secret.subscribed()) this.#parts.write(this.#parts.dialect().say(' '));
    if (denial === undefined) return;
    report(denial.code, `The client cannot subscribe to ${shown(address)}: ${denial.why}.`);
    if (denial.reason === 'not_allowed') this.#tell('subscribe', address);
  }

  /** A subscription has ended, as the client may not have it any more. */
  lost(address: string): void {
    this.#parts.report('PEER_NOT_ALLOWED', `The client may not subscribe to ${shown(address)} any more.`);
    this.#tell('subscribe', address);
  }

  unsubscribe(written: string): void {
    const { client } = this.#parts;
    this.#context.hub.unsubscribe(client, this.#parts.secret()?.isWritten(written) ? client.id : written);
  }

  #send(written: string, text: string, plain: boolean): void {
    const { access, hub, clock } = this.#context;
    const { client, report, received } = this.#parts;
    const { principal } = client;
    const may =
      principal !== undefined &&
      access.maySend(principal, written, 'address') &&
      mayCarry(access, principal, written, text, 'address');
    if (!may) {
      report('PEER_NOT_ALLOWED', `The client may not send to ${shown(written)}.`);
      this.#tell('send', written);
      return;
    }
    const { name: to, hasColon } = principal.rights.sending(written);
    const over = access.quotas.spend(principal, text.length);
    if (over !== undefined) {
      report(over.code, `A message was dropped: ${over.why}.`);
      return;
    }
    const { message, options, fault } = readEvent(client.id, to, text, plain, clock.now());
    if (fault !== undefined) {
      report('PEER_MALFORMED', `A message was not a JSON object and is delivered empty: ${fault}.`);
    }
    received.value++;
    const receipt =
      options === undefined && !hasColon
        ? hub.send(message)
        : hub.send(message, { ...options, passwords: hasColon, address: addressOf(client.peer) });
    if (receipt.reason !== undefined) this.#explain(receipt.reason, to);
  }

  /** Tells the client why its message reached no one, if the client can do something about it. */
  #explain(reason: Receipt['reason'], to: string): void {
    const { client, report, write, dialect } = this.#parts;
    if (reason === 'bad_name') {
      report(
        'PEER_BAD_NAME',
        `A message was dropped: ${channelFault(to) ?? 'no client or channel can have this name'}.`,
      );
      write(dialect().badChannel);
    } else if (reason === 'store_full') {
      report(
        'MESSAGES_FULL',
        `There is no room to keep a message of ${client.id} to ${withoutPassword(to)}; nobody got it.`,
      );
      write(dialect().notKept(to));
    }
  }

  /** Tells the client what it may not do; seldom, as it may go on doing it. */
  #tell(what: 'send' | 'subscribe', address: string): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#toldMs < ERROR_INTERVAL_MS) return;
    this.#toldMs = nowMs;
    this.#parts.write(this.#parts.dialect().notAllowed(what, shown(address)));
  }
}

function shown(address: string): string {
  return withoutPassword(address).slice(0, 100);
}
