import { mayCarry } from '../../access/calls.ts';
import type { AdmittedSession } from '../../access/principal.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { channelFault } from '../../common/names.ts';
import { addressOf } from '../../common/peer-address.ts';
import { withoutPassword } from '../../hub/address.ts';
import type { Receipt } from '../../hub/receipt.ts';
import type { ClientTraffic } from '../../observability/traffic.ts';
import type { SessionContext } from '../context.ts';
import type { Dialect } from './dialect-codec.ts';
import { readEvent } from './event.ts';
import type { SecretHandle } from './secret-handle.ts';

/** The session of the client that asks. */
export interface Asker extends AdmittedSession {
  readonly peer: string;
  /** Its handle with the secret, if it sent one. */
  readonly secret: SecretHandle | undefined;
  readonly dialect: Dialect;
  write(unit: Uint8Array): boolean;
  report(code: ErrorCode, message: string): void;
}

/** The least time between two error lines to one client, in milliseconds. */
const ERROR_INTERVAL_MS = 1000;

/** Carries out what an OOCSI client asks for, by whatever wire. */
export class Requests {
  readonly #context: SessionContext;
  readonly #asker: Asker;
  readonly #traffic: ClientTraffic;
  #toldMs = Number.NEGATIVE_INFINITY;

  /** `traffic` counts what the client sends. */
  constructor(context: SessionContext, asker: Asker, traffic: ClientTraffic) {
    this.#context = context;
    this.#asker = asker;
    this.#traffic = traffic;
  }

  /** Sends a message, with the client's secret removed from it. `plain`: the text need not be a JSON object. */
  send(to: string, text: string, plain: boolean): void {
    const { secret, id } = this.#asker;
    if (secret === undefined) this.#send(to, text, plain);
    else this.#send(secret.isWritten(to) ? id : to, secret.hide(text), plain);
  }

  subscribe(written: string): void {
    const asker = this.#asker;
    const { secret, principal } = asker;
    const isOwn = secret?.isWritten(written) === true;
    const address = isOwn ? asker.id : written;
    const denial = principal && this.#context.access.subscribe(principal, asker, address);
    if (isOwn && secret.subscribed()) asker.write(asker.dialect.say(' '));
    if (denial === undefined) return;
    asker.report(denial.code, `The client cannot subscribe to ${shown(address)}: ${denial.why}.`);
    if (denial.reason === 'not_allowed') this.#tell('subscribe', address);
  }

  /** A subscription was ended because the client may not have it any more. */
  lost(address: string): void {
    this.#asker.report('PEER_NOT_ALLOWED', `The client may not subscribe to ${shown(address)} any more.`);
    this.#tell('subscribe', address);
  }

  unsubscribe(written: string): void {
    const asker = this.#asker;
    const address = asker.secret?.isWritten(written) ? asker.id : written;
    this.#context.access.unsubscribe(asker.principal, asker, address);
  }

  #send(written: string, text: string, plain: boolean): void {
    const { access, hub, clock } = this.#context;
    const asker = this.#asker;
    const { principal } = asker;
    const named = principal?.outward(written) ?? written;
    const may =
      principal !== undefined &&
      access.maySend(principal, named, 'address') &&
      mayCarry(access, principal, named, text, 'address');
    if (!may) {
      asker.report('PEER_NOT_ALLOWED', `The client may not send to ${shown(written)}.`);
      this.#tell('send', written);
      return;
    }
    const { name: to, hasColon } = principal.rights.sending(named);
    const over = access.quotas.spend(principal, text.length, to);
    if (over !== undefined) {
      asker.report(over.code, `A message was dropped: ${over.why}.`);
      return;
    }
    const { message, options, fault } = readEvent(asker.id, to, text, plain, clock.now());
    if (fault !== undefined) {
      asker.report('PEER_MALFORMED', `A message was not a JSON object and is delivered empty: ${fault}.`);
    }
    this.#traffic.countReceived();
    const receipt =
      options === undefined && !hasColon
        ? hub.send(message)
        : hub.send(message, { ...options, passwords: hasColon, address: addressOf(asker.peer) });
    if (receipt.misfit !== undefined) this.#tell('send', written);
    else if (receipt.reason !== undefined) this.#explain(receipt.reason, written);
  }

  /** Tells the client why its message reached no one, if the client can do something about it. */
  #explain(reason: Receipt['reason'], to: string): void {
    const asker = this.#asker;
    if (reason === 'bad_name') {
      asker.report(
        'PEER_BAD_NAME',
        `A message was dropped: ${channelFault(to) ?? 'no client or channel can have this name'}.`,
      );
      asker.write(asker.dialect.badChannel);
    } else if (reason === 'store_full') {
      asker.report(
        'MESSAGES_FULL',
        `There is no room to keep a message of ${asker.id} to ${withoutPassword(to)}; nobody got it.`,
      );
      asker.write(asker.dialect.notKept(to));
    }
  }

  /** Tells the client what it may not do, at a limited rate, as it may go on trying. */
  #tell(what: 'send' | 'subscribe', address: string): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (nowMs - this.#toldMs < ERROR_INTERVAL_MS) return;
    this.#toldMs = nowMs;
    this.#asker.write(this.#asker.dialect.notAllowed(what, shown(address)));
  }
}

function shown(address: string): string {
  return withoutPassword(address).slice(0, 100);
}
