import {
  type Cancel,
  type Done,
  type Fetch,
  type FetchOptions,
  fileNameOf,
  TIMES,
  type Want,
} from '@crosscomm/protocol';
import type { Message } from '../../../hub/message.ts';
import type { Delivery } from '../../../hub/session.ts';
import { Pace } from '../delivery/pace.ts';
import { type FileAccess, FileFault, type FileSource, type Reader } from './access.ts';
import type { FirmwareOffer } from './firmware.ts';
import { cancel, type FilesHost, report, toFault } from './host.ts';
import { type FileDescription, Outgoing } from './outgoing.ts';

/** How many files may wait for a device. */
const MAX_OFFERS = 16;
const MAX_ID = 65_535;
const MAX_SIZE = 2 ** 32 - 1;
const UNKNOWN_PER_SECOND = 10;
/** What was read ahead is kept for so long. */
const KEEP_BLOCK_MS = 10_000;

/** The files that a device may pull. */
export class FilesDown {
  readonly #host: FilesHost;
  readonly #access: FileAccess;
  /** Delivers the message as any other, where its file cannot be offered. */
  readonly #fallBack: (message: Message) => void;
  readonly #files = new Map<number, Outgoing>();
  /** Those whose Offer is still to be queued. */
  readonly #unsaid = new Set<Outgoing>();
  readonly #unknown = new Pace(UNKNOWN_PER_SECOND, 1000);
  /** How many messages wait for what the store says. */
  #opening = 0;
  #fetching: Fetch | undefined;
  #lastId = -1;
  #session = 0;
  #isOver = false;

  constructor(host: FilesHost, access: FileAccess, fallBack: (message: Message) => void) {
    this.#host = host;
    this.#access = access;
    this.#fallBack = fallBack;
  }

  /** Offers a message's file; undefined where it has none that can be offered. */
  deliver(message: Message, from: string | null): Delivery | undefined {
    const { kind, objectKey: key } = message;
    if (key === undefined || (kind !== 'file' && kind !== 'image') || !this.#host.mayRead(key)) return undefined;
    if (this.#files.size + this.#opening >= MAX_OFFERS) return 'queue_full';
    this.#opening++;
    this.#access
      .open(key, null, this.#reader())
      .catch(() => undefined)
      .then((source) => {
        this.#opening--;
        if (this.#isOver) return;
        if (source === undefined || source.size > MAX_SIZE) this.#fallBack(message);
        else
          this.#say(
            this.#add(
              this.#freshId(),
              { key, name: fileNameOf(message.text, key), kind, from, original: source },
              source,
            ),
          );
      });
    return 'delivered';
  }

  /** Offers firmware; false where too many files wait for the device. */
  offerFirmware(firmware: FirmwareOffer): boolean {
    if (this.#files.size + this.#opening >= MAX_OFFERS) return false;
    const { name, source } = firmware;
    const description = { key: '', name, kind: 'firmware' as const, from: null, original: source, firmware };
    this.#say(this.#add(this.#freshId(), description, source));
    return true;
  }

  /** Takes back firmware that was offered. */
  withdrawFirmware(): void {
    for (const outgoing of [...this.#files.values()]) {
      if (outgoing.description.kind !== 'firmware') continue;
      this.#forget(outgoing);
      this.#host.send({ type: 'cancel', fileId: outgoing.fileId });
    }
  }

  want(frame: Want): void {
    const outgoing = this.#files.get(frame.fileId);
    if (outgoing === undefined) {
      if (this.#unknown.allows(this.#host.clock.monotonicMs())) {
        cancel(this.#host, frame.fileId, new FileFault('no_file', 'Not offered.'));
      }
      return;
    }
    const { firmware, key } = outgoing.description;
    if (firmware === undefined && !this.#host.mayRead(key)) {
      this.#forget(outgoing);
      cancel(this.#host, frame.fileId, new FileFault('not_allowed', 'It may not read this.'));
      return;
    }
    firmware?.wanted(frame.offset);
    outgoing.want(frame).catch((error) => {
      if (this.#files.get(frame.fileId) !== outgoing) return;
      this.#forget(outgoing);
      cancel(this.#host, frame.fileId, toFault(error));
    });
  }

  /** The device has it, or does not want it. */
  end({ type, fileId }: Done | Cancel): void {
    const outgoing = this.#files.get(fileId);
    if (outgoing) this.#forget(outgoing, type === 'done' ? 'taken' : 'cancelled');
  }

  fetch(fetch: Fetch): void {
    if (this.#fetching !== undefined) {
      if (!isSame(fetch, this.#fetching)) this.#refuse(new FileFault('too_many', 'One at a time.'));
      return;
    }
    const known = this.#known(fetch);
    if (known !== undefined) {
      known.idleMs = 0;
      this.#host.send(known.offer());
      return;
    }
    const before = typeof fetch.what === 'number' ? this.#files.get(fetch.what) : undefined;
    if (typeof fetch.what === 'number' && before === undefined) {
      this.#refuse(new FileFault('no_file', 'Not offered.'));
    } else if (
      before?.description.firmware !== undefined ||
      !this.#host.mayRead(before?.description.key ?? String(fetch.what))
    ) {
      this.#refuse(new FileFault('not_allowed', 'It may not read this.'));
    } else if (before === undefined && this.#files.size + this.#opening >= MAX_OFFERS) {
      this.#refuse(new FileFault('too_many', `${MAX_OFFERS} offers wait.`));
    } else {
      this.#fetching = fetch;
      void this.#open(fetch, before);
    }
  }

  /** A new session: what the device has not ended is offered again, and what it fetched by a key is not. */
  renew(): void {
    this.#session++;
    this.#fetching = undefined;
    for (const outgoing of [...this.#files.values()]) {
      const { fileId, description } = outgoing;
      // Who has firmware sent is told that the device is here, and offers it anew.
      this.#forget(outgoing);
      if (description.original && !description.firmware)
        this.#say(this.#add(fileId, description, description.original));
    }
  }

  /** Called every second: offers that found no room are tried again, and those that the device does not ask for are forgotten. */
  tick(elapsedMs: number): void {
    for (const outgoing of this.#files.values()) {
      outgoing.idleMs += elapsedMs;
      if (outgoing.idleMs >= TIMES.keepOfferMs) this.#forget(outgoing);
      else if (outgoing.idleMs >= KEEP_BLOCK_MS) outgoing.forgetBlock();
    }
    for (const outgoing of [...this.#unsaid]) this.#say(outgoing);
  }

  /** Forgets everything. */
  drop(): void {
    this.#isOver = true;
    for (const outgoing of this.#files.values()) this.#forget(outgoing);
  }

  #reader(): Reader {
    return { account: this.#host.account(), address: this.#host.address() };
  }

  async #open(fetch: Fetch, before: Outgoing | undefined): Promise<void> {
    const session = this.#session;
    const description = before?.description ?? describe(String(fetch.what));
    const source = await this.#access.open(description.key, fetch.options, this.#reader()).catch(toFault);
    if (this.#isOver || session !== this.#session) return;
    this.#fetching = undefined;
    if (source === undefined || source instanceof FileFault || source.size > MAX_SIZE) {
      this.#refuse(source instanceof FileFault ? source : new FileFault('no_file', 'No such object.'));
      return;
    }
    if (before !== undefined) this.#forget(before);
    const fileId = before?.fileId ?? this.#freshId();
    // What is fetched by its key is called what the object is called.
    const named = before === undefined ? { ...description, name: source.name } : description;
    this.#host.send(this.#add(fileId, named, source, fetch.options).offer());
  }

  /** The file that the same Fetch was answered with. */
  #known(fetch: Fetch): Outgoing | undefined {
    for (const outgoing of this.#files.values()) {
      const { fileId, description, options } = outgoing;
      const isIt = fetch.what === fileId || (fetch.what === description.key && description.original === undefined);
      if (isIt && isSameOptions(fetch.options, options)) return outgoing;
    }
    return undefined;
  }

  #refuse(fault: FileFault): void {
    report(this.#host, fault);
    this.#host.error(fault.code, '', [21]);
  }

  #say(outgoing: Outgoing): void {
    const delivery = this.#host.enqueue(outgoing.offer());
    if (delivery === 'queue_full') {
      this.#unsaid.add(outgoing);
      return;
    }
    this.#unsaid.delete(outgoing);
    if (delivery === 'delivered') return;
    this.#host.report('PEER_TOO_LARGE', `The device takes no frame in which ${outgoing.description.name} is offered.`);
    this.#forget(outgoing);
  }

  #add(
    fileId: number,
    description: FileDescription,
    source: FileSource,
    options: FetchOptions | null = null,
  ): Outgoing {
    const outgoing = new Outgoing(this.#host, fileId, description, options, source);
    this.#files.set(fileId, outgoing);
    return outgoing;
  }

  #forget(outgoing: Outgoing, how: 'taken' | 'cancelled' | 'dropped' = 'dropped'): void {
    outgoing.end();
    this.#unsaid.delete(outgoing);
    if (this.#files.get(outgoing.fileId) !== outgoing) return;
    this.#files.delete(outgoing.fileId);
    outgoing.description.firmware?.ended(how);
  }

  #freshId(): number {
    do this.#lastId = (this.#lastId + 2) % (MAX_ID + 1);
    while (this.#files.has(this.#lastId));
    return this.#lastId;
  }
}

/** An object that is fetched by its key: its name is the key's end. */
function describe(key: string): FileDescription {
  return { key, name: key.slice(key.lastIndexOf('/') + 1) || key, kind: 'file', from: null, original: undefined };
}

function isSame(one: Fetch, other: Fetch): boolean {
  return one.what === other.what && isSameOptions(one.options, other.options);
}

function isSameOptions(one: FetchOptions | null, other: FetchOptions | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
