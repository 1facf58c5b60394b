import type { AdmissionRequest } from '../../access/admission.ts';
import type { Denial } from '../../access/denial.ts';
import type { Principal } from '../../access/principal.ts';
import { readable } from '../../access/readable.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { isMadeUpId } from '../../common/made-up-ids.ts';
import { detachText } from '../../hub/detach.ts';
import { redirect } from '../../hub/locked-name.ts';
import type { Message } from '../../hub/message.ts';
import type { Delivery, LeaveReason } from '../../hub/session.ts';
import { ClientTraffic } from '../../observability/traffic.ts';
import type { TextSession, Wire } from '../../transports/wire.ts';
import type { SessionContext } from '../context.ts';
import { HeldInput } from '../held-input.ts';
import type { Command } from './codec.ts';
import { type Askable, findFormer, originOf } from './come-back.ts';
import { type Answer, Contest } from './contest.ts';
import type { Dialect, Refusal } from './dialect-codec.ts';
import type { FirstLine, HandleSource, RefusedLine } from './first-line.ts';
import type { OocsiOptions } from './options.ts';
import { CLOSE_CODES, CLOSE_GOING_AWAY, CLOSE_NORMAL, CLOSE_POLICY, REFUSALS } from './refusals.ts';
import { type Asker, Requests } from './requests.ts';
import { SecretHandle } from './secret-handle.ts';
import { PingedSilence } from './silence.ts';

/**
 * `greeting`: no handle yet. `waiting`: its credentials are checked, or an older session with the same handle is asked whether
 * it is still there. `entering`: inside hub.join. `joined`: a client of the hub. `ended`: nothing is received or sent any more.
 */
type State = 'greeting' | 'waiting' | 'entering' | 'joined' | 'ended';

/** One OOCSI client, by TCP or WebSocket: joining, being replaced, sending, being pinged. */
export abstract class OocsiSession implements Asker, TextSession {
  readonly protocol = 'oocsi';
  /** The handle; '' until the client has said it. */
  id = '';
  transient = false;
  origin: string | undefined;
  protected readonly wire: Wire;
  protected readonly context: SessionContext;
  abstract dialect: Dialect;
  readonly #options: OocsiOptions;
  readonly counts: ClientTraffic;
  readonly #requests: Requests;
  readonly #silence: PingedSilence;
  #state: State = 'greeting';
  /** The newcomers that want this session's handle. */
  #contest: Contest | undefined;
  /** While this one waits for a handle: stops asking the older session. */
  #withdraw: (() => void) | undefined;
  #principal: Principal | undefined;
  #secret: SecretHandle | undefined;
  /** What the client sends before it has its handle; made for the first line. */
  #held: HeldInput<string> | undefined;
  /** What the client is sent while it joins the hub; made for the first message. */
  #earlyMessages: Message[] | undefined;

  constructor(wire: Wire, context: SessionContext, options: OocsiOptions) {
    this.wire = wire;
    this.context = context;
    this.#options = options;
    this.counts = new ClientTraffic(context.metrics, this.protocol);
    this.#requests = new Requests(context, this, this.counts);
    this.#silence = new PingedSilence(context.clock.monotonicMs());
  }

  get peer(): string {
    return this.wire.peer;
  }

  get waitingBytes(): number | undefined {
    return this.wire.queuedBytes;
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  get secret(): SecretHandle | undefined {
    return this.#secret;
  }

  write(unit: Uint8Array): boolean {
    return this.wire.write(unit);
  }

  /** Reads the text in which the client says its handle. */
  protected abstract greet(text: string, source: HandleSource): FirstLine | RefusedLine;
  /** Reads a command. */
  protected abstract parse(text: string): Command;
  /** Answers the commands that exist only by TCP or only by WebSocket. */
  protected abstract answer(command: Command): void;

  receive(text: string): void {
    this.#silence.heard();
    if (this.#contest !== undefined) this.#settle(false);
    if (this.#state === 'joined') this.#perform(this.parse(text));
    else this.#receiveEarly(text);
  }

  receiveTooLong(limitBytes: number): void {
    if (this.#state === 'ended') return;
    this.#silence.heard();
    const message = `A line of more than ${limitBytes} bytes was thrown away; send less at once or raise the limit.`;
    this.report('PEER_LINE_TOO_LONG', message);
    if (this.#state !== 'greeting') this.wire.write(this.dialect.tooLong(limitBytes));
    if (this.#state === 'greeting') this.#refuse('too_long');
    else if (this.#contest !== undefined) this.#settle(false);
  }

  tick(nowMs: number): void {
    if (this.#state === 'ended') return;
    const { pingAfterMs, timeoutMs, handshakeTimeoutMs } = this.#options;
    if (this.#state === 'joined' && this.#silence.wasHeard) this.context.hub.touch(this.id);
    // Messages to a client must not postpone its pings for ever: one that only listens would never answer one, and be removed.
    const spared = this.dialect.deliveriesSparePings && this.#silence.silentMs < timeoutMs / 4;
    const due = this.#silence.isPingDue(nowMs, pingAfterMs, spared);
    if (this.#state === 'greeting') {
      if (this.#silence.silentMs >= handshakeTimeoutMs) {
        this.report('PEER_TIMEOUT', `No handle came within ${handshakeTimeoutMs} ms, so the connection was closed.`);
        this.#refuse('timeout');
      }
    } else if (this.#state === 'joined') {
      if (this.#silence.silentMs >= timeoutMs) {
        this.report('PEER_TIMEOUT', `Nothing came for ${timeoutMs} ms, pings unanswered, so the client was removed.`);
        this.#leave('timeout');
        this.wire.end(CLOSE_GOING_AWAY, 'timeout');
      } else if (due) {
        this.#secret?.pinged();
        this.wire.write(this.dialect.ping);
      }
    }
  }

  disconnected(): void {
    if (this.#state === 'joined') this.#leave('closed');
    else this.#finish();
  }

  deliver(message: Message): Delivery {
    if (this.#state !== 'joined') {
      if (this.#state !== 'entering') return 'closed';
      this.#earlyMessages ??= [];
      this.#earlyMessages.push(message);
      return 'delivered';
    }
    const address = message.to === this.#shownId ? this.#secret?.address : undefined;
    const seen = readable(message, this.#principal);
    const shown = address === undefined ? seen : redirect(seen, address);
    if (this.wire.write(this.dialect.delivery.of(shown))) {
      this.#silence.told();
      this.counts.countSent();
      return 'delivered';
    }
    this.report('PEER_TOO_SLOW', 'The client reads too slowly; messages to it were left out.');
    return 'queue_full';
  }

  close(reason: LeaveReason): void {
    if (this.#state === 'ended') return;
    if (reason === 'shutdown') {
      this.#settle(false);
      this.sayGoodbye();
    } else if (reason === 'revoked') this.wire.write(this.dialect.refuse('revoked', this.id));
    this.#leave(reason);
    this.wire.end(CLOSE_CODES[reason] ?? CLOSE_NORMAL, reason);
  }

  lost(address: string): void {
    this.#requests.lost(address);
  }

  /**
   * Asks the client whether it is there, for a newcomer that wants its handle. Answers false as soon as anything comes
   * from it, true once when it stays silent or leaves: to the newcomer that waited longest, false to all others.
   * The returned function takes the question back.
   */
  probe(answer: Answer): () => void {
    if (this.#contest === undefined) {
      this.wire.write(this.dialect.ping);
      this.#contest = new Contest(this.context.clock, this.#options.takeoverMs, () => this.#settle(true));
    }
    return this.#contest.enter(answer);
  }

  /** Leaves for good, at the client's own wish. */
  protected quit(): void {
    this.sayGoodbye();
    this.#leave('left');
    this.wire.end(CLOSE_NORMAL, 'left');
  }

  /** The last words to a client. A WebSocket has its close code for that. */
  protected sayGoodbye(): void {}

  #settle(isFree: boolean): void {
    const contest = this.#contest;
    this.#contest = undefined;
    contest?.settle(isFree);
  }

  #receiveEarly(text: string): void {
    if (this.#state === 'ended') return;
    if (this.#state === 'greeting') {
      const { context } = this;
      const { hub } = context;
      const isTaken = (handle: string) => hub.isOnline(handle) || hub.isReserved(handle);
      const isKnown = (handle: string) => hub.isTaken(handle);
      const { access } = context;
      const beginsWithAccount = (handle: string): boolean => {
        const slash = handle.indexOf('/');
        return slash > 0 && access.isAccount(handle.slice(0, slash)) && access.ownerOf(handle) === undefined;
      };
      this.#join(this.greet(text, { isTaken, isKnown, beginsWithAccount, random: () => context.random() }));
      return;
    }
    this.#held ??= new HeldInput();
    if (!this.#held.hold(text)) {
      this.report('PEER_TOO_MANY', 'The client sends before it was welcomed; lines were left out.');
    }
  }

  #join(line: FirstLine | RefusedLine): void {
    const { access, hub } = this.context;
    if ('fault' in line) {
      this.report(
        'PEER_BAD_NAME',
        'The first line was no handle: 1 to 200 printable ASCII characters without a blank.',
      );
      this.#refuse(line.fault, line.handle);
      return;
    }
    const id = detachText(line.handle);
    this.id = id;
    if (line.written !== undefined) {
      this.#secret = new SecretHandle(detachText(line.written), id, this.dialect.namesItselfAsWritten);
    }
    this.#setOrigin(line);
    const isFilled = line.pattern !== undefined && this.origin === undefined;
    this.transient = isFilled || line.isNameless === true || isMadeUpId(id);
    this.#state = 'waiting';
    access.admit(this.#request(id, line), ({ principal, denial }) => {
      if (denial) this.#deny(denial);
      else {
        this.#principal = principal;
        this.id = principal.id;
        if (this.origin !== undefined && hub.client(id) === undefined) this.#comeBack(principal, line.pattern);
        else this.#claim(principal);
      }
    });
  }

  #request(id: string, { account, secret }: Pick<FirstLine, 'account' | 'secret'>): AdmissionRequest {
    const isGone = (): boolean => this.#state === 'ended';
    const insists = secret !== undefined;
    const { peer, page, certificate, signedIn } = this.wire;
    return { id, protocol: this.protocol, peer, page, account, secret, certificate, signedIn, insists, isGone };
  }

  /** Enters under its handle, once an older session that has it was asked whether it is there. */
  #claim(principal: Principal, formerId?: string): void {
    const { access, hub } = this.context;
    this.#principal = principal;
    const older = hub.session(this.id);
    if (older === undefined && this.#askElsewhere(principal, formerId)) return;
    // A session of another account keeps the handle, whether it still answers or not.
    if (!(older instanceof OocsiSession) || older.principal?.account !== principal.account) {
      this.#enter(principal, formerId);
      return;
    }
    this.#withdraw = older.probe((isFree) => {
      this.#withdraw = undefined;
      if (isFree) this.#enter(principal, formerId);
      else this.#deny(access.contested(principal, older));
    });
  }

  /** Has the other gateway that has the handle ask whether its client is there; false where none has it. */
  #askElsewhere(principal: Principal, formerId: string | undefined): boolean {
    const { access, hub } = this.context;
    const { elsewhere } = hub;
    const holder = elsewhere.get(this.id);
    if (holder?.protocol !== this.protocol || holder.account !== principal.account) return false;
    void elsewhere.courier.asks(this.id, holder).then((isFree) => {
      if (this.#state !== 'waiting') return;
      if (isFree) this.#enter(principal, formerId);
      else this.#deny(access.contested(principal, {}));
    });
    return true;
  }

  /** A client with a credential is recognised by its account. */
  #setOrigin({ handle, pattern, secret, isNameless = false }: FirstLine): void {
    const { certificate, signedIn } = this.wire;
    const isKnown = [secret, certificate, signedIn].some((proof) => proof !== undefined);
    if (!this.#options.stickyPattern || isKnown || isNameless) return;
    this.origin = originOf(pattern ?? handle, this.wire.peer);
  }

  /**
   * Enters as the client that it was before, if there is one. Where the gateway fills in the digits, it has its old handle; where
   * the client did that, it has what it said, as it may know its name.
   */
  #comeBack(principal: Principal, pattern: string | undefined): void {
    const { access, hub } = this.context;
    const isAskable = (session: object): session is Askable => session instanceof OocsiSession;
    let isAnswered = false;
    const withdraw = findFormer(hub, this.origin ?? '', isAskable, (former) => {
      isAnswered = true;
      this.#withdraw = undefined;
      if (this.#state !== 'waiting') return;
      if (former === undefined) {
        this.#claim(principal);
        return;
      }
      access.admit(this.#request(former, { secret: undefined }), (verdict) => {
        if (verdict.denial) this.#claim(principal);
        else if (pattern === undefined) this.#claim(principal, former);
        else {
          this.id = former;
          this.#claim(verdict.principal, former);
        }
      });
    });
    if (!isAnswered) this.#withdraw = withdraw;
  }

  #enter(principal: Principal, formerId?: string): void {
    this.#state = 'entering';
    const denial = this.context.access.enter(principal, this, { takeover: true, refuseChannels: true, formerId });
    if (denial) {
      this.#deny(denial);
      return;
    }
    this.#state = 'joined';
    this.wire.write(this.dialect.welcome(this.#secret?.written ?? this.#shownId));
    const messages = this.#earlyMessages ?? [];
    this.#earlyMessages = undefined;
    for (const message of messages) this.deliver(message);
    const lines = this.#held?.take() ?? [];
    this.#held = undefined;
    for (const line of lines) this.receive(line);
  }

  #perform(command: Command): void {
    switch (command.verb) {
      case 'send':
        this.#requests.send(command.to, command.text, command.plain);
        break;
      case 'subscribe':
        this.#requests.subscribe(command.address);
        break;
      case 'unsubscribe':
        this.#requests.unsubscribe(command.address);
        break;
      case 'pong':
        this.#secret?.ponged();
        break;
      default:
        this.answer(command);
    }
  }

  /** What the client calls itself. */
  get #shownId(): string {
    return this.#principal?.inward(this.id) ?? this.id;
  }

  #deny({ reason, code, why }: Denial): void {
    this.report(code, `The handle ${this.id} was refused: ${why}.`);
    this.#refuse(REFUSALS[reason] ?? 'busy');
  }

  #refuse(refusal: Refusal, handle = this.id): void {
    if (refusal !== 'ssh') this.wire.write(this.dialect.refuse(refusal, this.#principal?.inward(handle) ?? handle));
    this.#finish();
    this.wire.end(CLOSE_POLICY, 'refused');
  }

  #leave(reason: LeaveReason): void {
    this.#state = 'ended';
    this.context.hub.leave(this, reason);
    this.#finish();
  }

  /** Releases everything; a client that waits for the handle gets it. */
  #finish(): void {
    this.#state = 'ended';
    this.#withdraw?.();
    this.#withdraw = undefined;
    this.#principal = undefined;
    this.#held = undefined;
    this.#earlyMessages = undefined;
    this.#settle(true);
  }

  report(code: ErrorCode, message: string): void {
    this.context.incidents.report({ door: 'oocsi', who: this.id === '' ? this.wire.peer : this.id, code, message });
  }
}
