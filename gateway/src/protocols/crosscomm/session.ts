import type { AdmissionRequest } from '../../access/admission.ts';
import type { Denial } from '../../access/denial.ts';
import type { AdmittedSession, Principal } from '../../access/principal.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { isMadeUpId } from '../../common/made-up-ids.ts';
import { channelFault } from '../../common/names.ts';
import { Silence } from '../../common/silence.ts';
import { withoutPassword } from '../../hub/address.ts';
import { detachText } from '../../hub/detach.ts';
import type { Message } from '../../hub/message.ts';
import { refusedReceipt, whenKnown } from '../../hub/receipt.ts';
import type { Delivery, LeaveReason } from '../../hub/session.ts';
import { ClientTraffic } from '../../observability/traffic.ts';
import type { Credentials } from '../../transports/websocket-routes.ts';
import type { TextSession, Wire } from '../../transports/wire.ts';
import type { SessionContext } from '../context.ts';
import { HeldInput } from '../held-input.ts';
import { clientListContent } from './client-list.ts';
import {
  buildUuid,
  crosscommFrame,
  MAX_FRAME_BYTES,
  receiptContent,
  replyFrame,
  serverId,
  type TextReceipt,
  toMessage,
} from './codec.ts';
import { type Envelope, readEnvelope } from './envelope-codec.ts';
import type { CrossCommOptions } from './options.ts';
import { readListRequest, readServerRequest } from './requests-codec.ts';
import { sendFault } from './send-fault.ts';

/**
 * `waiting`: has not logged in yet. `entering`: has logged in, and it is not known yet whether it may. `online`: logged in, and in
 * the hub. `silent`: too long without a sign of life; out of the hub until there is one. `out`: logged out, and free to log in again.
 * `closed`: over.
 */
type State = 'waiting' | 'entering' | 'online' | 'silent' | 'out' | 'closed';

/** The channel that every client of this protocol is subscribed to. */
const EVERYONE = 'all';
const NONE: readonly string[] = [];

// Close codes. Python clients take 1000 and 1001 for their own wish and go on believing that they are connected.
const REFUSED = 1008;
const SERVICE_RESTART = 1012;

/** One connection of a CrossComm client. */
export class CrossCommSession implements TextSession, AdmittedSession {
  readonly protocol = 'crosscomm';
  readonly #wire: Wire;
  readonly #context: SessionContext;
  readonly #options: CrossCommOptions;
  readonly #credentials: Credentials | undefined;
  readonly counts: ClientTraffic;
  #state: State = 'waiting';
  #id = '';
  #principal: Principal | undefined;
  /** Frames that came after a login that is not answered yet; made for the first of them. */
  #held: HeldInput<string> | undefined;
  /** Milliseconds since the last valid frame. */
  readonly #silence: Silence;
  #leaveReason: LeaveReason = 'closed';
  /** The channels that it was subscribed to when it fell silent. */
  #interrupted: readonly string[] = NONE;
  /** The client asked for a receipt of each message. */
  #wantsReceipts = false;

  /** `credentials`: what the connection brought by HTTP Basic. */
  constructor(wire: Wire, context: SessionContext, options: CrossCommOptions, credentials?: Credentials) {
    this.#wire = wire;
    this.#context = context;
    this.#options = options;
    this.#credentials = credentials;
    this.counts = new ClientTraffic(context.metrics, this.protocol);
    this.#silence = new Silence(context.clock.monotonicMs());
  }

  /** Empty until the first login. */
  get id(): string {
    return this.#id;
  }

  get waitingBytes(): number | undefined {
    return this.#wire.queuedBytes;
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  get transient(): boolean {
    return isMadeUpId(this.#shownId);
  }

  get peer(): string {
    return this.#wire.peer;
  }

  receive(text: string): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'entering') {
      this.#silence.heard();
      this.#held ??= new HeldInput();
      if (!this.#held.hold(text))
        this.#report('PEER_TOO_MANY', 'A message came before the login was answered; there was no room for it.');
      return;
    }
    const envelope = readEnvelope(text);
    if (typeof envelope === 'string') {
      this.#report('PEER_MALFORMED', `A message was dropped: ${envelope}.`);
      return;
    }
    // Other frames before the login do not extend the time for it.
    if (this.#state !== 'waiting') this.#silence.heard();
    if (this.#state === 'silent' && envelope.type !== 'login' && envelope.type !== 'logout') this.#revive();
    switch (envelope.type) {
      case 'login':
        this.#login(envelope.from);
        break;
      case 'logout':
        this.#logout();
        break;
      case 'heartbeat':
        if (this.#state === 'online') {
          this.#context.hub.touch(this.#id);
          this.#hearEveryone();
        }
        break;
      case 'list_clients':
        this.#askForList(envelope);
        break;
      default:
        this.#send(text, envelope);
    }
  }

  receiveTooLong(limitBytes: number): void {
    this.#report('PEER_TOO_LARGE', `A message was longer than ${limitBytes} bytes; send large content as a file.`);
  }

  tick(nowMs: number): void {
    const { wasHeard } = this.#silence;
    this.#silence.tick(nowMs);
    if (wasHeard) {
      if (this.#state === 'online') this.#context.hub.touch(this.#id);
      return;
    }
    const { silentMs } = this.#silence;
    if (this.#state === 'online' && silentMs >= this.#options.heartbeatTimeoutMs) {
      this.#state = 'silent';
      this.#report(
        'PEER_TIMEOUT',
        `Nothing was heard for ${Math.round(silentMs)} ms; the client counts as offline until it sends something.`,
      );
      this.#interrupted = this.#context.hub.subscriptions(this);
      this.#context.hub.leave(this, 'timeout');
    } else if (this.#state === 'waiting' && silentMs >= (this.#options.handshakeTimeoutMs ?? Infinity)) {
      this.#report(
        'PEER_TIMEOUT',
        `The connection was closed because no login came within ${Math.round(silentMs)} ms.`,
      );
      this.#end(REFUSED, 'no login');
    }
  }

  disconnected(): void {
    this.#finish();
    this.#context.hub.leave(this, this.#leaveReason);
  }

  deliver(message: Message): Delivery {
    if (this.#state !== 'online') return 'closed';
    const frame = crosscommFrame.of(message);
    if (frame.length > MAX_FRAME_BYTES) return 'too_large';
    if (!this.#wire.write(frame)) return 'queue_full';
    this.counts.countSent();
    return 'delivered';
  }

  close(reason: LeaveReason): void {
    this.#leaveReason = reason;
    if (reason === 'replaced') this.#end(REFUSED, 'logged in elsewhere');
    else if (reason === 'revoked') {
      this.#end(REFUSED, 'not allowed any more');
      // The session is over even if its connection does not react.
      this.#context.hub.leave(this, reason);
    } else this.#end(SERVICE_RESTART, reason === 'shutdown' ? 'the gateway is stopping' : reason);
  }

  #login(id: string | undefined): void {
    if (id === undefined) {
      this.#report('PEER_MALFORMED', 'A login was dropped: from_client_id is not a string.');
      return;
    }
    const { access, hub } = this.#context;
    if (this.#state === 'online') {
      if (id === this.#id || id === this.#shownId) {
        this.#welcome();
        return;
      }
      hub.leave(this, 'left');
    }
    this.#state = 'entering';
    this.#interrupted = NONE;
    // It would keep the whole login alive for as long as the client is here.
    this.#id = detachText(id);
    this.#principal = undefined;
    access.admit(this.#request(this.#id), ({ principal, denial }) => {
      this.#principal = principal;
      if (principal) this.#id = principal.id;
      const refusal = denial ?? this.#enter(principal, true);
      if (refusal) {
        this.#refuse(refusal);
        return;
      }
      this.#welcome();
      this.#readHeld();
    });
  }

  #readHeld(): void {
    const held = this.#held?.take() ?? NONE;
    this.#held = undefined;
    for (const text of held) this.receive(text);
  }

  #request(id: string | undefined): AdmissionRequest {
    const { username: account, password: secret } = this.#credentials ?? {};
    const isGone = (): boolean => this.#state === 'closed';
    const { peer, page, certificate, signedIn } = this.#wire;
    return { id, protocol: this.protocol, peer, page, account, secret, certificate, signedIn, isGone };
  }

  /** Joins the hub. Returns why the client may not. */
  #enter(principal: Principal, takeover: boolean): Denial | undefined {
    const denial = this.#context.access.enter(principal, this, { takeover });
    if (denial === undefined) this.#state = 'online';
    return denial;
  }

  #refuse({ code, why }: Denial): void {
    this.#report(code, `The client may not join: ${why}.`);
    this.#answerLogin(JSON.stringify({ status: 'error', message: why }));
    this.#end(REFUSED, why);
  }

  #welcome(): void {
    this.#answerLogin('{"status": "success"}');
    this.#hearEveryone();
  }

  /** Subscribes it to what is for everyone, if it may hear that; it never asked for it, so it is not told that it may not. */
  #hearEveryone(): void {
    const { access, hub } = this.#context;
    if (this.#principal && access.maySubscribe(this.#principal, EVERYONE)) hub.subscribe(this, EVERYONE);
  }

  /** What the client calls itself. */
  get #shownId(): string {
    return this.#principal?.inward(this.#id) ?? this.#id;
  }

  #answerLogin(rawContent: string): void {
    const now = this.#context.clock.now();
    this.#wire.write(replyFrame('login_response', serverId(now), this.#shownId, rawContent, now));
  }

  /** Comes back after a silence, to its subscriptions. It never takes the id from a connection that logged in meanwhile. */
  #revive(): void {
    const principal = this.#principal;
    if (principal === undefined) return;
    const denial = this.#enter(principal, false);
    if (denial) {
      this.#report(denial.code, `The client may not come back: ${denial.why}.`);
      this.#end(REFUSED, 'logged in elsewhere');
      return;
    }
    const { access } = this.#context;
    for (const address of this.#interrupted) access.subscribe(principal, this, address, { retained: false });
    this.#interrupted = NONE;
    this.#hearEveryone();
  }

  #logout(): void {
    if (this.#state !== 'online' && this.#state !== 'silent') return;
    this.#state = 'out';
    this.#context.hub.leave(this, 'left');
  }

  /** A connection that has not logged in may ask, too, if it may join at all. */
  #askForList(envelope: Envelope): void {
    if (this.#state === 'online') {
      if (this.#principal) this.#list(envelope, this.#shownId, this.#principal);
      return;
    }
    const before = this.#state;
    if (before === 'closed') return;
    this.#state = 'entering';
    this.#context.access.admit(this.#request(undefined), ({ principal, denial }) => {
      this.#state = before;
      if (denial) {
        this.#report(denial.code, `The client may not list others: ${denial.why}.`);
        this.#end(REFUSED, denial.why);
        return;
      }
      this.#list(envelope, envelope.from ?? '', principal);
      this.#readHeld();
    });
  }

  #list(envelope: Envelope, to: string, { rights }: Principal): void {
    const { hub, clock, random } = this.#context;
    const content = clientListContent(hub, readListRequest(envelope.rawContent), clock.monotonicMs(), rights);
    const frame = replyFrame('list_clients_response', buildUuid(random), to, content, clock.now());
    if (frame.length <= MAX_FRAME_BYTES) this.#wire.write(frame);
  }

  #send(text: string, envelope: Envelope): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'online') {
      this.#report('PEER_NOT_ALLOWED', `A message of type ${envelope.type} came before the login and was dropped.`);
      return;
    }
    if (envelope.to === 'server') {
      this.#instruct(envelope);
      return;
    }
    // Always the same string object, so that look-ups need not hash it again.
    if (this.#principal) envelope.to = this.#principal.rights.sending(this.#principal.outward(envelope.to)).name;
    const message = toMessage(this.#principal?.names ? undefined : text, envelope, this.#id, this.#context.clock.now());
    const fault = sendFault(this.#context.access, this.#principal, envelope, message, text.length);
    if (message === undefined || fault !== undefined) {
      if (fault === undefined) return;
      this.#report(fault.code, `A message was dropped: ${fault.why}.`);
      this.#acknowledge(envelope, refusedReceipt(fault.code === 'PEER_MALFORMED' ? 'no_recipient' : 'not_allowed'));
      return;
    }
    // pywayne's clients write the object by OSS, which has no name but the key.
    if (message.objectKey !== undefined) this.#options.objectSent?.(message);
    this.counts.countReceived();
    const receipt = this.#context.hub.send(message);
    whenKnown(receipt, (known) => this.#acknowledge(envelope, known));
    if (receipt.reason === 'bad_name') {
      this.#report(
        'PEER_BAD_NAME',
        `A message was dropped: ${channelFault(envelope.to) ?? 'no client or channel can have this name'}.`,
      );
    }
  }

  /** Says what became of a message, to a client that asked for it. */
  #acknowledge({ rawId }: Envelope, receipt: TextReceipt): void {
    if (!this.#wantsReceipts) return;
    const now = this.#context.clock.now();
    this.#wire.write(replyFrame('receipt', serverId(now), this.#shownId, receiptContent(rawId, receipt), now));
  }

  /** What is sent to `server`: a dict that names channels to subscribe to, or to leave, or asks for receipts. */
  #instruct(envelope: Envelope): void {
    const request = envelope.type === 'dict' ? readServerRequest(envelope.rawContent) : undefined;
    if (request === undefined) {
      this.#report(
        'PEER_MALFORMED',
        'A message to the server was dropped: it understands dicts of "subscribe": [...], "unsubscribe": [...] and "receipts".',
      );
      this.#acknowledge(envelope, refusedReceipt('no_recipient'));
      return;
    }
    for (const channel of request.unsubscribe) this.#context.access.unsubscribe(this.#principal, this, channel);
    const refusals = request.subscribe.flatMap((channel) => this.#subscribe(channel) ?? []);
    this.#wantsReceipts = request.receipts ?? this.#wantsReceipts;
    const taken = request.subscribe.length - refusals.length;
    this.#acknowledge(envelope, { delivered: taken, refused: refusals.length, reason: refusals[0] });
  }

  /** Returns why the client may not have the channel; undefined where it has it. */
  #subscribe(channel: string): string | undefined {
    const denial = this.#principal && this.#context.access.subscribe(this.#principal, this, channel);
    if (denial === undefined) return undefined;
    this.#report(
      denial.code,
      `The client cannot subscribe to ${withoutPassword(channel).slice(0, 100)}: ${denial.why}.`,
    );
    return denial.reason === 'private' ? 'not_allowed' : denial.reason;
  }

  #end(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#finish();
    this.#wire.end(code, reason);
  }

  #finish(): void {
    this.#state = 'closed';
    this.#principal = undefined;
    this.#held = undefined;
  }

  #report(code: ErrorCode, message: string): void {
    this.#context.incidents.report({ door: 'crosscomm', who: this.#id || this.#wire.peer, code, message });
  }
}
