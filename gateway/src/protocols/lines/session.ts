import { mayCarry } from '../../access/calls.ts';
import { type Denial, deny } from '../../access/denial.ts';
import type { AdmittedSession, Principal } from '../../access/principal.ts';
import { readable } from '../../access/readable.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { RawMember } from '../../common/json/scan.ts';
import { channelFault } from '../../common/names.ts';
import { withoutPassword } from '../../hub/address.ts';
import { Message } from '../../hub/message.ts';
import type { Delivery, LeaveReason } from '../../hub/session.ts';
import { ClientTraffic } from '../../observability/traffic.ts';
import type { TextSession, Wire } from '../../transports/wire.ts';
import type { SessionContext } from '../context.ts';
import type { DeviceLog } from '../device-log.ts';
import { HeldInput } from '../held-input.ts';
import { channelLine, decodeLine, inboxLine } from './codec.ts';
import { withoutSecret } from './without-secret.ts';

export interface LineDeviceOptions {
  /** The client's id, which is also the channel of lines that name none. */
  id: string;
  /** The channels it is subscribed to from the start. */
  channels: readonly string[];
  /** Longer lines are not written to the device. */
  maxLineBytes: number;
  deviceLog: DeviceLog;
}

/**
 * `entering`: it is not known yet whether it may join, and what it says waits. `refused`: the id is somebody else's; the device is not heard until it is free. `log`: the device speaks frames, and its
 * lines are its log.
 */
export type LineDeviceState = 'new' | 'entering' | 'joined' | 'refused' | 'log' | 'ended';

/** How long a device that was refused waits before it asks again. */
const REJOIN_MS = 3000;
/** Between two lines that tell a device what it may not do. */
const ERROR_INTERVAL_MS = 1000;
/** JSON that came with blanks and line breaks gets shorter when it is written; this much shorter is thought possible. */
const COMPACTION = 4;

/**
 * A device that speaks lines of text: JSON objects and plain text, both ways. It knows nothing of the gateway and need
 * not say hello; it is a client from the moment that its port opens until it closes.
 */
export class LineDeviceSession implements TextSession, AdmittedSession {
  readonly id: string;
  readonly protocol = 'serial';
  readonly #context: SessionContext;
  readonly #wire: Wire;
  readonly #options: LineDeviceOptions;
  readonly counts: ClientTraffic;
  #state: LineDeviceState = 'new';
  #principal: Principal | undefined;
  readonly #held = new HeldInput<string>();
  #refusedMs = 0;
  #firstMayBeCut = false;
  /** It has subscriptions, or has asked for some: it reads lines. */
  #reads: boolean;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(context: SessionContext, wire: Wire, options: LineDeviceOptions) {
    this.id = options.id;
    this.#context = context;
    this.#wire = wire;
    this.#options = options;
    this.counts = new ClientTraffic(context.metrics, this.protocol);
    this.#reads = options.channels.length > 0;
  }

  get peer(): string {
    return this.#wire.peer;
  }

  get waitingBytes(): number | undefined {
    return this.#wire.queuedBytes;
  }

  get principal(): Principal | undefined {
    return this.#principal;
  }

  get state(): LineDeviceState {
    return this.#state;
  }

  /** Joins the conversation. Where that is refused, the device stays mute and `tick` tries again. */
  start(): void {
    const { access } = this.#context;
    this.#state = 'entering';
    const isGone = (): boolean => this.#state !== 'entering';
    const request = { id: this.id, protocol: this.protocol, peer: this.#wire.peer, isCable: true, isGone };
    access.admit(request, ({ principal, denial }) => {
      const refusal = denial ?? access.enter(principal, this);
      if (refusal) this.#refuse(refusal);
      else {
        this.#state = 'joined';
        this.#principal = principal;
        for (const channel of this.#options.channels) this.#subscribe(channel);
      }
      this.#release();
    });
  }

  /**
   * Says that the next line may lack its beginning, because the device was already sending when its port was opened.
   * Then it counts only if it is a JSON object: the rest of `21.5` is a number too, but another one.
   */
  expectCutLine(): void {
    this.#firstMayBeCut = true;
  }

  /**
   * The device turns out to speak frames, and to have an id of its own: its lines are kept in its log, and reach nobody. The
   * client that it was till then is not one that is away, so nobody is to see it in a list any more.
   */
  keepLog(): void {
    if (this.#state === 'ended' || this.#state === 'log') return;
    const wasJoined = this.#state === 'joined';
    this.#end('left');
    if (wasJoined) this.#context.hub.forget(this.id);
    this.#state = 'log';
    this.#release();
  }

  receive(printed: string): void {
    const line = withoutSecret(printed);
    if (this.#state === 'ended') return;
    if (this.#state === 'entering') {
      if (!this.#held.hold(line))
        this.#report('PEER_TOO_MANY', 'A line came before it was known who sends it; there was no room for it.');
      return;
    }
    const { clock, hub, log } = this.#context;
    const now = clock.now();
    const decoded = decodeLine(line);
    const mayBeCut = this.#firstMayBeCut && decoded.is !== 'dict';
    this.#firstMayBeCut = false;
    if (decoded.is === 'empty') return;
    if (log.debugging) log.debug({ who: this.id, line }, '<- serial');
    if (decoded.is === 'noise') {
      this.#options.deviceLog.add('noise', line, now);
      this.#report('PEER_MALFORMED', 'A line is not text and was not sent on; is the baud rate the one of the sketch?');
      return;
    }
    this.#options.deviceLog.add('line', line, now);
    if (this.#state !== 'joined' || mayBeCut) return;
    hub.touch(this.id);
    if (decoded.is === 'text') this.#send('text', this.id, decoded.text);
    else if (decoded.to === 'server') this.#askServer(decoded.members);
    else this.#send('dict', decoded.to ?? this.id, decoded.body);
  }

  receiveTooLong(limitBytes: number): void {
    const { deviceLog } = this.#options;
    deviceLog.add('too_long', `a line of more than ${limitBytes} bytes`, this.#context.clock.now());
    this.#report('PEER_LINE_TOO_LONG', `A line of more than ${limitBytes} bytes was thrown away; send shorter lines.`);
  }

  tick(nowMs: number): void {
    if (this.#state === 'refused' && nowMs - this.#refusedMs >= REJOIN_MS) this.start();
  }

  disconnected(): void {
    this.#held.take();
    this.#end('closed');
  }

  deliver(message: Message): Delivery {
    if (this.#state !== 'joined') return 'closed';
    const { maxLineBytes } = this.#options;
    if (message.body.length > maxLineBytes * COMPACTION) return 'too_large';
    const line = (message.to === this.id ? inboxLine : channelLine).of(readable(message, this.#principal));
    if (line.length - 1 > maxLineBytes) return 'too_large';
    const { log } = this.#context;
    if (log.debugging) log.debug({ who: this.id, line: line.toString('utf8', 0, line.length - 1) }, '-> serial');
    if (!this.#wire.write(line)) return 'queue_full';
    this.counts.countSent();
    return 'delivered';
  }

  close(reason: LeaveReason): void {
    this.#held.take();
    if ((reason === 'revoked' || reason === 'closed') && this.#state === 'joined') {
      // Its port stays open: it is asked again whether it may join.
      this.#principal = undefined;
      this.#context.hub.leave(this, reason);
      if (reason === 'revoked') this.#refuse(deny('not_allowed', 'it may not join any more'));
      else this.#wait();
      return;
    }
    this.#end(reason);
    this.#wire.end();
  }

  #end(reason: LeaveReason): void {
    const wasJoined = this.#state === 'joined';
    this.#state = 'ended';
    this.#principal = undefined;
    if (wasJoined) this.#context.hub.leave(this, reason);
  }

  #refuse({ code, why }: Denial): void {
    this.#wait();
    this.#report(code, `${this.#wire.peer} cannot join as ${this.id}: ${why}. It is tried again.`);
  }

  /** It is asked again after a while. */
  #wait(): void {
    this.#state = 'refused';
    this.#refusedMs = this.#context.clock.monotonicMs();
  }

  /** What it said meanwhile is heard, or goes to its log at least. */
  #release(): void {
    for (const line of this.#held.take()) this.receive(line);
  }

  #send(kind: 'text' | 'dict', to: string, body: string): void {
    const { access, clock, hub } = this.#context;
    const principal = this.#principal;
    if (principal === undefined || !access.maySend(principal, to) || !mayCarry(access, principal, to, body)) {
      this.#report('PEER_NOT_ALLOWED', `It may not send to ${withoutPassword(to)}.`);
      this.#tell('send', to);
      return;
    }
    const over = access.quotas.spend(principal, body.length, to);
    if (over !== undefined) {
      this.#report(over.code, `A line was dropped: ${over.why}.`);
      return;
    }
    this.counts.countReceived();
    // What a device says of itself is for the others; most sketches would take their own line for a command.
    const message = new Message({ from: this.id, to, kind, body, timestampMs: clock.now() });
    const { reason, misfit } = hub.send(message, NO_ECHO);
    if (misfit !== undefined) this.#tell('send', to);
    if (reason === 'bad_name') {
      this.#report('PEER_BAD_NAME', `A line was dropped, as no channel can be its "to": ${channelFault(to) ?? ''}.`);
    }
  }

  /** `{"to":"server","subscribe":["name", ...]}`, or `unsubscribe`; one name may stand without its brackets. */
  #askServer(members: readonly RawMember[]): void {
    this.#reads = true;
    let understood = false;
    for (const { name, raw } of members) {
      if (name !== 'subscribe' && name !== 'unsubscribe') continue;
      const channels = namesIn(raw);
      if (!channels) continue;
      understood = true;
      for (const channel of channels) {
        if (name === 'subscribe') this.#subscribe(channel);
        else this.#context.hub.unsubscribe(this, channel);
      }
    }
    if (understood) return;
    this.#report('PEER_MALFORMED', 'The server takes {"subscribe":["name"]} and {"unsubscribe":["name"]} only.');
  }

  #subscribe(channel: string): void {
    const denial = this.#principal && this.#context.access.subscribe(this.#principal, this, channel);
    if (denial === undefined) return;
    this.#report(denial.code, `It cannot subscribe to ${withoutPassword(channel).slice(0, 100)}: ${denial.why}.`);
    if (denial.reason === 'not_allowed') this.#tell('subscribe', channel);
  }

  lost(address: string): void {
    this.#report('PEER_NOT_ALLOWED', `It may not subscribe to ${withoutPassword(address).slice(0, 100)} any more.`);
    this.#tell('subscribe', address);
  }

  /** Tells a device that reads what it may not do; seldom, as it may go on doing it. */
  #tell(what: 'send' | 'subscribe', address: string): void {
    const nowMs = this.#context.clock.monotonicMs();
    if (!this.#reads || nowMs - this.#toldMs < ERROR_INTERVAL_MS) return;
    this.#toldMs = nowMs;
    const error = `not allowed to ${what} to ${withoutPassword(address).slice(0, 100)}`;
    this.#wire.write(Buffer.from(`${JSON.stringify({ from: 'server', error })}\n`));
  }

  #report(code: ErrorCode, message: string): void {
    this.#context.incidents.report({ door: 'serial', who: this.id, code, message });
  }
}

const NO_ECHO = { echo: false } as const;

/** The strings of a JSON array of strings, or of one string; undefined for anything else. `raw` is valid JSON. */
function namesIn(raw: string): string[] | undefined {
  const value: unknown = JSON.parse(raw);
  const names = Array.isArray(value) ? value : [value];
  return names.every((name) => typeof name === 'string') ? names : undefined;
}
