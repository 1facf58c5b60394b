import {
  CAPABILITIES,
  type DataFrame,
  type Frame,
  type Hello,
  type LogFrame,
  TIMES,
  VERSION,
} from '@crosscomm/protocol';
import type { AdmittedSession, Principal } from '../../access/principal.ts';
import { readable } from '../../access/readable.ts';
import { isMadeUpId } from '../../common/made-up-ids.ts';
import { addressOf } from '../../common/peer-address.ts';
import type { Message } from '../../hub/message.ts';
import type { Delivery, LeaveReason } from '../../hub/session.ts';
import { ClientTraffic } from '../../observability/traffic.ts';
import type { SessionContext } from '../context.ts';
import { DeviceLog } from '../device-log.ts';
import { Calls } from './calls.ts';
import { DeliveryDown, takesOf } from './delivery/down.ts';
import { Intake, type IntakeOwner } from './delivery/intake.ts';
import type { Numbered, Numbering } from './delivery/numberings.ts';
import { Pace } from './delivery/pace.ts';
import { DeviceFiles, type FilesOwner, isFileFrame } from './files/files.ts';
import { FormerSubscriptions } from './former-subscriptions.ts';
import type { FrameLink, LinkOwner } from './link.ts';
import { messageFrame, senderOf } from './message-frame.ts';
import { Names } from './names.ts';
import type { FrameOptions } from './options.ts';
import { probeLink } from './probe-link.ts';
import { Requests } from './requests.ts';
import { frameValue, TOO_DEEP } from './values-codec.ts';

/** What a device session tells the owner of all sessions. */
export interface DeviceKeeper {
  /** A frame's number was taken, and is to be saved soon. */
  saveSoon(device: DeviceSession): void;
  /** The same, as its Ack is wanted at once. */
  saveNow(device: DeviceSession): void;
  /** Its link is gone; it is kept for a while. */
  kept(device: DeviceSession): void;
  /** It is over. */
  dropped(device: DeviceSession): void;
}

/**
 * `online`: it has a link. `lingering`: its link is lost, and nobody has noticed yet. `kept`: out of the hub; what waits for
 * it is kept. `dropped`: over.
 */
type State = 'online' | 'lingering' | 'kept' | 'dropped';

/** The text of a message can be longer than its frame by so much, because of blanks and escapes. */
const EXPANSION = 16;

/**
 * The session of one device id. It outlives its links: whichever connection the device comes by, it is one client with one
 * queue (SPEC.md, section 4).
 */
export class DeviceSession implements AdmittedSession, LinkOwner, Numbered {
  readonly protocol = 'frames';
  readonly id: string;
  readonly transient: boolean;
  /** What it said by Log frames. */
  readonly log = new DeviceLog();
  /** Whose device it is, or was; undefined: nobody's. */
  account: string | undefined;
  readonly #context: SessionContext;
  readonly #options: FrameOptions;
  readonly #keeper: DeviceKeeper;
  readonly #names: Names;
  readonly #down: DeliveryDown;
  readonly #calls: Calls;
  readonly #requests: Requests;
  readonly #former: FormerSubscriptions;
  readonly counts: ClientTraffic;
  readonly #files: DeviceFiles;
  readonly #bare: Pace;
  readonly #intake: Intake;
  #state: State = 'kept';
  #principal: Principal | undefined;
  #link: FrameLink | undefined;
  #number = 0;
  #hello: Hello;
  #cancelTimer: () => void = () => {};
  #stopWatching: () => void = () => {};

  /** `known`: what is remembered of it. */
  constructor(
    hello: Hello,
    known: Numbering | undefined,
    context: SessionContext,
    options: FrameOptions,
    keeper: DeviceKeeper,
  ) {
    this.id = hello.deviceId;
    this.transient = isMadeUpId(this.id);
    this.#hello = hello;
    this.#context = context;
    this.#options = options;
    this.#keeper = keeper;
    this.#names = new Names(options.limits);
    this.#bare = new Pace(options.maxBarePerSecond, 1000);
    const intake: IntakeOwner = {
      ...{ clock: context.clock, window: options.limits.window, link: () => this.#link },
      act: (frame, seq, link) => this.#act(frame, seq, link),
      ...{ saveSoon: () => keeper.saveSoon(this), saveNow: () => keeper.saveNow(this) },
    };
    this.#intake = new Intake(intake, hello.bootId, known);
    this.#down = new DeliveryDown(context.clock, options.maxQueueBytes, options.budget, takesOf(hello), {
      write: (frame) => this.#link?.write(frame) ?? false,
      unanswered: () => this.#unanswered(),
    });
    this.#calls = new Calls(context.clock, context.random, {
      reply: (frame) => void this.#down.add(frame),
      answer: (answer) => this.#requests.tell(answer),
    });
    this.#former = new FormerSubscriptions(this, context);
    this.counts = new ClientTraffic(context.metrics, this.protocol);
    const { clock, access } = context;
    const owner: FilesOwner = {
      id: this.id,
      clock,
      maxFrame: () => this.maxFrame,
      address: () => this.#link && addressOf(this.#link.wire.peer),
      account: () => this.#principal?.account,
      mayUpload: (key) => this.#principal !== undefined && access.mayUpload(this.#principal, key),
      spendUpload: (bytes) => this.#principal && access.quotas.upload(this.#principal, bytes)?.why,
      mayRead: (key) => this.#principal !== undefined && access.mayRead(this.#principal, key),
      isNoisy: () => this.#link?.wire.noisy ?? false,
      send: (frame) => this.#link?.send(frame) ?? false,
      enqueue: (frame) => this.#down.add(frame),
      error: (code, text, about) => this.#link?.error(code, text, about),
      report: (code, message) => context.incidents.report({ door: 'frames', who: this.id, code, message }),
      recipient: (party) => this.#requests.recipient(party),
      deliverAsMap: (message) => void this.#deliverValue(message),
      takesFirmware: () => (this.#hello.capabilities & CAPABILITIES.firmware) !== 0,
    };
    this.#files = new DeviceFiles(owner, options);
    this.#requests = new Requests(this, context, {
      ...{ names: this.#names, calls: this.#calls, down: this.#down },
      ...{ former: this.#former, traffic: this.counts },
    });
  }

  /** The link that it is online by. */
  get link(): FrameLink | undefined {
    return this.#link;
  }

  get waitingBytes(): number {
    return this.#down.queuedBytes;
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  get peer(): string | undefined {
    return this.#link?.wire.peer;
  }

  get isJoined(): boolean {
    return this.#state === 'online' || this.#state === 'lingering';
  }

  get maxFrame(): number {
    return this.#hello.maxFrame;
  }

  get wantsReceipts(): boolean {
    return (this.#hello.capabilities & CAPABILITIES.receipts) !== 0;
  }

  /** What is remembered of it when it is gone. */
  get numbering(): Numbering {
    return { ...this.#intake.numbering, account: this.account };
  }

  /** Whether the Hello names this very session. */
  isNamedBy({ bootId, resume }: Hello): boolean {
    return resume !== null && resume.session !== 0 && resume.session === this.#number && bootId === this.#intake.bootId;
  }

  /** Gives it a link of `principal`, in place of any before. It must have joined the hub. */
  attach(link: FrameLink, hello: Hello, principal: Principal): void {
    const resumed = this.isNamedBy(hello) && this.#down.fits(hello.resume?.received ?? 0);
    const isReset = hello.bootId !== this.#intake.bootId;
    const before = this.#link;
    this.#cancelTimer();
    this.#link = link;
    this.#admit(principal);
    this.#state = 'online';
    this.#hello = hello;
    if (before !== undefined && before !== link) {
      before.own(undefined);
      before.goodbye('taken_over');
    }
    const lastSeq = this.#intake.begin(hello);
    if (resumed) this.#down.resume(hello.resume?.received ?? 0, takesOf(hello));
    else this.#begin(hello);
    link.own(this);
    link.welcome({
      type: 'welcome',
      version: Math.min(hello.version, VERSION),
      session: this.#number,
      lastSeq,
      serverTime: Math.max(0, Math.floor(this.#context.clock.now() / 1000)) % 2 ** 32,
      timeTrusted: this.#context.clock.isTrusted(),
      limits: this.#options.limits,
      resumed,
    });
    if (!resumed) this.#files.begin(isReset);
    this.#down.pump();
  }

  /** It is this principal's from now on, also while it has no link. */
  #admit(principal: Principal): void {
    const former = this.#principal;
    if (former !== undefined && former !== principal && this.isJoined) principal.succeed(former);
    this.#stopWatching();
    this.#principal = principal;
    this.account = principal.account;
    principal.session = this;
    this.#stopWatching = this.#context.access.watch(principal, () => this.close('revoked'));
  }

  receive(frame: Frame, bytes: Uint8Array): void {
    const link = this.#link;
    if (link === undefined) return;
    switch (frame.type) {
      case 'sequenced':
        this.#intake.take(frame, bytes.length, link);
        break;
      case 'ack':
        if (!this.#down.acknowledge(frame.seq))
          link.error('sequence_gap', 'Ack of what was never sent', [10, frame.seq]);
        break;
      case 'ping':
        link.send({ type: 'pong', n: frame.n });
        break;
      case 'goodbye':
        link.own(undefined);
        if (frame.reason === 0) this.#drop('left');
        else this.linkLost(link);
        break;
      case 'message':
      case 'call':
      case 'reply':
      case 'listClients':
      case 'keep':
        if (this.#bare.allows(this.#context.clock.monotonicMs())) this.#requests.act(frame, undefined, link);
        else link.error('too_fast', 'send less, or sequenced', []);
        break;
      case 'alias':
      case 'unalias':
      case 'dictionary':
        this.#requests.declare(frame, link);
        break;
      case 'describe':
        if (this.#options.descriptions) this.#options.descriptions.take(this, frame, link);
        else link.error('not_supported', '', [26]);
        break;
      case 'log':
        this.#logged(frame);
        break;
      case 'welcome':
      case 'clients':
      case 'receipt':
        link.error('not_supported', `${frame.type} goes down only`, []);
        break;
      default:
        if (isFileFrame(frame)) this.#files.receive(frame, this.#intake.bootId);
      // Pong was heard; an Error is for the device's own log; what is not known is skipped.
    }
  }

  deliver(message: Message): Delivery {
    if (!this.isJoined) return 'closed';
    const takesFiles = (this.#hello.capabilities & CAPABILITIES.files) !== 0;
    const asFile = takesFiles ? this.#files.deliver(message, senderOf(message)) : undefined;
    const delivery = asFile ?? this.#deliverValue(message);
    if (delivery === 'delivered') this.counts.countSent();
    return delivery;
  }

  #deliverValue(whole: Message): Delivery {
    const message = readable(whole, this.#principal);
    if (message.body.length > this.maxFrame * EXPANSION) return 'too_large';
    const value = frameValue.of(message);
    if (value === TOO_DEEP) return 'too_large';
    const to = message.to === this.#principal?.inward(this.id) ? null : this.#names.shorten(message.to);
    const call = this.#calls.translate(message, value, to);
    if (call !== undefined) {
      const delivery = this.#down.add(this.#names.shrink(call));
      if (delivery === 'delivered') this.#calls.sent(call, message, value);
      return delivery;
    }
    const takesKinds = (this.#hello.capabilities & CAPABILITIES.kinds) !== 0;
    return this.#down.add(messageFrame(message, value, { to, names: this.#names, takesKinds }));
  }

  close(reason: LeaveReason): void {
    const link = this.#link;
    link?.own(undefined);
    this.#drop(reason);
    if (reason === 'revoked') link?.error('credentials', 'not allowed any more', [0]);
    link?.goodbye(reason === 'shutdown' ? 'stopping' : 'leaving');
  }

  probe(answer: (isFree: boolean) => void): () => void {
    return probeLink(this.#link, this.#context.clock, answer);
  }

  lost(address: string): void {
    if (this.#link) this.#requests.lost(address, this.#link);
  }

  linkLost(link: FrameLink): void {
    if (link !== this.#link || this.#state !== 'online') return;
    this.#link = undefined;
    this.#state = 'lingering';
    this.#down.pause();
    this.#keeper.kept(this);
    this.#cancelTimer = this.#context.clock.after(this.#options.lingerMs, () => this.#leave());
  }

  startSaving(): Numbering {
    return { ...this.#intake.startSaving(), account: this.account };
  }

  saved(numbering: Numbering): void {
    this.#intake.saved(numbering);
  }

  /** Called every second: what the link had no room for is tried again. */
  tick(): void {
    if (this.#link === undefined) return;
    this.#intake.sendAck();
    this.#files.tick();
    this.#down.pump();
  }

  /** Ends a session whose time is up, or which has to make room. */
  expire(): void {
    this.#drop('closed');
  }

  #begin(hello: Hello): void {
    this.#number = Math.floor(this.#context.random() * (2 ** 32 - 1)) + 1;
    // Offers are made anew, by what is known of the files, and what is kept is asked for again.
    const isOver = ({ type }: DataFrame): boolean => type === 'offer' || type === 'keep';
    this.#down.restart(takesOf(hello), (frame) => (isOver(frame) ? undefined : this.#names.expand(frame)));
    this.#names.clear();
    this.#calls.forgetOpen();
    this.#former.begin();
  }

  #act(frame: DataFrame, seq: number, link: FrameLink): boolean {
    if (!isFileFrame(frame)) return this.#requests.act(frame, seq, link);
    this.#files.receive(frame, this.#intake.bootId);
    return true;
  }

  #logged({ level, text }: LogFrame): void {
    const { clock, log } = this.#context;
    this.log.add('line', text, clock.now());
    this.#files.logged(text);
    if (log.debugging) log.debug({ who: this.id, level }, text);
  }

  #unanswered(): void {
    this.#link?.report('PEER_TIMEOUT', 'The device acknowledges nothing; its link is taken as lost.');
    this.#link?.goodbye('silent');
  }

  #leave(): void {
    this.#state = 'kept';
    // It may still be resumed, with its subscriptions.
    this.#context.hub.leave(this, 'closed', { waits: true });
    this.#cancelTimer = this.#context.clock.after(TIMES.keepSessionMs, () => this.expire());
  }

  #drop(reason: LeaveReason): void {
    if (this.#state === 'dropped') return;
    const { hub } = this.#context;
    const wasJoined = this.isJoined;
    this.#state = 'dropped';
    this.#link = undefined;
    this.#cancelTimer();
    this.#former.cancel();
    this.#files.drop();
    this.#down.drop();
    this.#requests.sayGone();
    this.#stopWatching();
    this.#principal = undefined;
    if (wasJoined) hub.leave(this, reason);
    else if (this.transient) hub.forget(this.id);
    this.#keeper.dropped(this);
  }
}
