import { CODES } from '../codes.ts';
import type { FetchOptions, FileFrame, Offer } from '../frame.ts';
import type { FileHost, RunningTransfer } from './file-host.ts';
import { FileReceiver } from './file-receiver.ts';
import { FileSender } from './file-sender.ts';
import type { FetchAnswer, FileOutcome, FileToSend, FileTransfer, OfferedFile } from './file-types.ts';
import { Repeater } from './repeater.ts';

interface Fetching {
  what: number | string;
  options: FetchOptions | null;
  settle: (answer: FetchAnswer) => void;
}

/** How many files are sent at a time; the gateway takes no more. */
const MAX_SENDING = 4;
/** Ids of files up are even. */
const ID_COUNT = 65_536;

/** The files of a FrameClient, both ways. */
export class ClientFiles {
  readonly #host: FileHost;
  readonly #offered: (file: OfferedFile) => void;
  readonly #senders = new Map<number, FileSender>();
  readonly #receivers = new Map<number, FileReceiver>();
  /** Those whose turn has not come. */
  readonly #waiting: FileSender[] = [];
  readonly #fetches: Fetching[] = [];
  readonly #repeater: Repeater;
  #nextId = 0;
  #isOnline = false;
  #isOver = false;

  constructor(host: FileHost, offered: (file: OfferedFile) => void) {
    this.#host = host;
    this.#offered = offered;
    this.#repeater = new Repeater(host.clock, {
      isWaiting: () => this.#fetches.length > 0,
      again: () => this.#sayFetch(),
      giveUp: () => this.fetchFailed(CODES.timeout),
    });
  }

  send(file: FileToSend, settle: (outcome: FileOutcome) => void): FileTransfer {
    const fileId = this.#nextId;
    this.#nextId = (this.#nextId + 2) % ID_COUNT;
    const sender = new FileSender(this.#host, fileId, file, (outcome) => {
      if (this.#senders.get(fileId) === sender) this.#senders.delete(fileId);
      this.#sendNext();
      settle(outcome);
    });
    this.#waiting.push(sender);
    if (this.#isOver) sender.end(CODES.offline);
    else this.#sendNext();
    return { cancel: () => sender.cancel() };
  }

  fetch(what: number | string, options: Partial<FetchOptions> | null, settle: (answer: FetchAnswer) => void): void {
    if (this.#isOver) {
      settle({ code: CODES.offline, file: undefined });
      return;
    }
    const whole = options && { width: null, height: null, fit: null, format: null, ...options };
    this.#fetches.push({ what, options: whole, settle });
    if (this.#fetches.length === 1) this.#sayFetch();
  }

  /** A frame of a file came; `isNumbered`: inside a Sequenced frame. */
  receive(frame: FileFrame, isNumbered: boolean): void {
    switch (frame.type) {
      case 'offer':
        if (isNumbered) this.#announced(frame);
        else this.#fetched(frame);
        break;
      case 'want':
        this.#senders.get(frame.fileId)?.want(frame);
        break;
      case 'chunk':
        this.#receivers.get(frame.fileId)?.chunk(frame);
        break;
      case 'done':
        this.#senders.get(frame.fileId)?.done(frame.key);
        break;
      case 'cancel':
        this.#cancelled(frame.fileId, frame.code, frame.text);
        break;
      default:
      // A Fetch goes up only.
    }
  }

  /** An Error about the Fetch that is open came. */
  fetchFailed(code: number): void {
    const fetching = this.#fetches.shift();
    this.#sayFetch();
    fetching?.settle({ code, file: undefined });
  }

  online(): void {
    this.#isOnline = true;
    for (const transfer of this.#transfers()) transfer.online();
    this.#sayFetch();
  }

  offline(): void {
    this.#isOnline = false;
    for (const transfer of this.#transfers()) transfer.offline();
    this.#repeater.stop();
  }

  /** The link has room again. */
  pump(): void {
    for (const sender of this.#senders.values()) sender.pump();
  }

  /** Everything is over. */
  stop(): void {
    this.#isOver = true;
    this.offline();
    for (const transfer of [...this.#transfers(), ...this.#waiting.splice(0)]) transfer.end(CODES.offline);
    for (const { settle } of this.#fetches.splice(0)) settle({ code: CODES.offline, file: undefined });
  }

  #transfers(): RunningTransfer[] {
    return [...this.#senders.values(), ...this.#receivers.values()];
  }

  #sendNext(): void {
    while (this.#senders.size < MAX_SENDING && !this.#isOver) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (next.isOver) continue;
      this.#senders.set(next.fileId, next);
      if (this.#isOnline) next.online();
    }
  }

  #file(offer: Offer): OfferedFile {
    const { fileId, name, kind, crc32, party, key = null } = offer;
    const size = offer.size ?? 0;
    return {
      fileId,
      name,
      size,
      kind,
      from: typeof party === 'string' ? party : null,
      key,
      pull: (write, settle) => this.#pull({ fileId, size, crc32 }, write, settle),
      decline: () => this.#host.deliver({ type: 'cancel', fileId }),
      fetch: (options, settle) => this.fetch(fileId, options, settle),
    };
  }

  #pull(
    offer: { fileId: number; size: number; crc32: number | null },
    write: (bytes: Uint8Array) => void | Promise<void>,
    settle: (outcome: FileOutcome) => void,
  ): FileTransfer {
    const { fileId } = offer;
    this.#receivers.get(fileId)?.end(CODES.cancelled);
    const receiver = new FileReceiver(this.#host, offer, write, (outcome) => {
      if (this.#receivers.get(fileId) === receiver) this.#receivers.delete(fileId);
      settle(outcome);
    });
    if (this.#isOver) receiver.end(CODES.offline);
    else this.#receivers.set(fileId, receiver);
    if (this.#isOnline) receiver.online();
    return { cancel: () => receiver.cancel() };
  }

  #announced(offer: Offer): void {
    const { fileId, size, crc32 } = offer;
    const receiver = this.#receivers.get(fileId);
    if (receiver?.isOf(size ?? 0, crc32)) return;
    // The gateway has begun its numbers anew, and forgotten the other file.
    receiver?.end(CODES.no_file);
    this.#offered(this.#file(offer));
  }

  /** A bare Offer answers the Fetch that is open. */
  #fetched(offer: Offer): void {
    const [fetching] = this.#fetches;
    if (fetching === undefined || (typeof fetching.what === 'number' && fetching.what !== offer.fileId)) return;
    this.#fetches.shift();
    this.#sayFetch();
    fetching.settle({ code: CODES.ok, file: this.#file(offer) });
  }

  #sayFetch(): void {
    const [fetching] = this.#fetches;
    if (fetching === undefined || !this.#isOnline) return;
    this.#host.send({ type: 'fetch', what: fetching.what, options: fetching.options });
    this.#repeater.start();
  }

  #cancelled(fileId: number, code: number, text: string): void {
    const sender = this.#senders.get(fileId);
    // The gateway has lost it, but not what it had stored.
    if (sender && code === CODES.no_file) sender.online();
    else sender?.end(code, text);
    this.#receivers.get(fileId)?.end(code, text);
  }
}
