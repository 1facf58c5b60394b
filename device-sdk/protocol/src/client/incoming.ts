import { CODES, MESSAGE_KINDS } from '../codes.ts';
import { decodeFrame } from '../decode-frame.ts';
import { FrameError } from '../error.ts';
import type { Call, DataFrame, ErrorFrame, Frame, MessageFrame, UnknownFrame } from '../frame.ts';
import type { Value } from '../value.ts';
import type { ListRequests, OpenCalls } from './calls.ts';
import type { ClientFiles } from './files.ts';
import type { Inbox } from './inbox.ts';
import type { KeepRequests } from './keeps.ts';
import type { Pairing } from './pairing.ts';
import type { SelfDescription } from './self-description.ts';
import type { Session } from './session.ts';
import type { FrameClientHandler } from './types.ts';
import type { Uplink } from './uplink.ts';

/** The parts of a FrameClient that what comes is for. */
export interface IncomingParts {
  session: Session;
  uplink: Uplink;
  inbox: Inbox;
  calls: OpenCalls;
  lists: ListRequests;
  keeps: KeepRequests;
  files: ClientFiles;
  pairing: Pairing;
  description: SelfDescription;
}

/** Takes the frames that come to a FrameClient to the part that each is for. */
export class Incoming {
  readonly #parts: IncomingParts;
  readonly #handler: FrameClientHandler;
  /** The largest frame that is taken, in bytes. */
  readonly #maxFrame: number;

  constructor(parts: IncomingParts, handler: FrameClientHandler, maxFrame: number) {
    this.#parts = parts;
    this.#handler = handler;
    this.#maxFrame = maxFrame;
  }

  /** One frame came, whole. The bytes are not kept. */
  receive(bytes: Uint8Array): void {
    const { session } = this.#parts;
    if (!session.isLinked) return;
    let frame: Frame;
    try {
      frame = decodeFrame(bytes, { maxBytes: this.#maxFrame });
    } catch (error) {
      this.#fault(error);
      return;
    }
    session.heard();
    if (frame.type === 'welcome') session.welcomed(frame);
    else if (frame.type === 'error') this.#error(frame);
    else if (frame.type === 'goodbye') session.dismissed(frame.reason);
    else if (session.state === 'online') this.#hear(frame, bytes.length);
  }

  #error({ code, text, about }: ErrorFrame): void {
    const { session, uplink, calls, lists, files, pairing, description } = this.#parts;
    const [type, number] = about;
    const at = typeof number === 'number' ? number : undefined;
    const refused = code === CODES.internal && type === 0;
    if (code === CODES.version || code === CODES.id_invalid) {
      this.#handler.error?.({ code, text, about });
      session.end();
      return;
    }
    if (code === CODES.credentials && pairing.refused()) {
      session.greet();
      return;
    }
    if (code === CODES.id_taken || code === CODES.credentials || refused) session.hold();
    else if (code === CODES.not_welcome_yet || code === CODES.sequence_gap) {
      if (session.state === 'online') session.greet();
    } else if (type === 9 && at !== undefined) uplink.outbox.refuse(at, code);
    else if (type === 14 && at !== undefined) calls.fail(at, code, text);
    else if (type === 12) lists.end(code);
    else if (type === 21) files.fetchFailed(code);
    else if (type === 26) description.answered({ code, text });
    else if (type === 6 && at !== undefined) uplink.aliasFailed(at, code);
    else if (type === 11 && at !== undefined) uplink.keyFailed(at, code);
    this.#handler.error?.({ code, text, about });
  }

  #hear(frame: Frame, bytes: number): void {
    const { session, uplink, inbox, files, pairing, description } = this.#parts;
    switch (frame.type) {
      case 'sequenced':
        if (inbox.take(frame.seq, bytes)) this.#act(frame.frame);
        break;
      case 'ack':
        uplink.acknowledged(frame.seq);
        break;
      case 'receipt':
        uplink.receipt(frame);
        break;
      case 'ping':
        session.send({ type: 'pong', n: frame.n });
        break;
      case 'alias':
      case 'unalias':
      case 'dictionary':
        uplink.names.confirm(frame);
        uplink.progressed();
        break;
      case 'message':
      case 'call':
      case 'reply':
      case 'clients':
      case 'keep':
        this.#act(frame);
        break;
      case 'offer':
      case 'want':
      case 'chunk':
      case 'done':
      case 'cancel':
        files.receive(frame, false);
        break;
      case 'token':
        pairing.offered(frame);
        break;
      case 'describe':
        description.answered({ code: CODES.ok, text: '' });
        break;
      default:
      // A Pong was heard; what goes up only, or is not known, is skipped.
    }
  }

  #act(frame: DataFrame | UnknownFrame | null): void {
    const { uplink, calls, lists, keeps, files } = this.#parts;
    try {
      switch (frame?.type) {
        case 'message':
          this.#message(frame);
          break;
        case 'call':
          this.#call(frame);
          break;
        case 'reply':
          calls.answer(frame, uplink.names.restore(frame.value));
          break;
        case 'clients':
          lists.answer(frame);
          break;
        case 'keep':
          keeps.answer(frame, (value) => uplink.names.restore(value));
          break;
        case 'offer':
        case 'want':
        case 'chunk':
        case 'done':
        case 'cancel':
          files.receive(frame, true);
          break;
        default:
        // A number without a frame, or with one that is not known.
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  #message({ to, value, from, kind = MESSAGE_KINDS.asValue }: MessageFrame): void {
    const { names } = this.#parts.uplink;
    const channel = this.#channel(to);
    if (channel !== undefined) this.#handler.message?.({ channel, value: names.unpack({ to, value }), from, kind });
  }

  #call({ callId, to, function: name, args, from }: Call): void {
    const { session, uplink } = this.#parts;
    const restored = uplink.names.restore(args);
    let isOpen = true;
    const answer = (value: Value, code: number, text: string): void => {
      if (!isOpen) return;
      if (session.add({ type: 'reply', callId, value, code, text }, undefined) === undefined) {
        session.add({ type: 'reply', callId, value: null, code: CODES.too_large }, undefined);
      }
      isOpen = false;
    };
    const channel = this.#channel(to) ?? null;
    if (this.#handler.call === undefined) {
      // In a channel another client may offer it.
      if (channel === null) answer(null, CODES.no_function, '');
      return;
    }
    this.#handler.call({
      function: name,
      args: restored,
      channel,
      from,
      reply: (value) => answer(value, CODES.ok, ''),
      fail: (code, text = '') => answer(null, code, text),
    });
  }

  /** Undefined for an alias that is not in use any more. */
  #channel(to: number | string | null): string | null | undefined {
    return typeof to === 'number' ? this.#parts.uplink.names.channel(to) : to;
  }

  #fault(error: unknown): void {
    if (!(error instanceof FrameError)) throw error;
    this.#handler.fault?.(error);
  }
}
