import type { FileFrame, Frame, Offer } from '@crosscomm/protocol';
import { tickStep } from '../../../common/tick-step.ts';
import type { Message } from '../../../hub/message.ts';
import type { Delivery } from '../../../hub/session.ts';
import { type FileAccess, FileFault } from './access.ts';
import { FilesDown } from './down.ts';
import { FIRMWARE_LINE, type FirmwareDevice, type FirmwareOffer, type FirmwareQueue } from './firmware.ts';
import { cancel, type FilesHost } from './host.ts';
import { FilesUp } from './up.ts';

/** What the files of a device ask of its session, beside what each transfer does. */
export interface FilesOwner extends FilesHost {
  /** Says for whom a file is; throws a FileFault where it may not go there. */
  recipient(party: Offer['party']): string;
  /** Delivers a message as a map, as its file cannot be offered. */
  deliverAsMap(message: Message): void;
  /** Whether the device's sketch takes firmware. */
  takesFirmware(): boolean;
}

/** What there is for files; without `files` all are refused. */
interface FilesParts {
  files?: FileAccess;
  firmware?: FirmwareQueue;
}

/** The files of one device, both ways (SPEC.md, section 17). It outlives links and sessions, as its device does. */
export class DeviceFiles implements FirmwareDevice {
  readonly #host: FilesOwner;
  readonly #up: FilesUp | undefined;
  readonly #down: FilesDown | undefined;
  readonly #firmware: FirmwareQueue | undefined;
  #tickedMs: number;

  constructor(host: FilesOwner, { files: access, firmware }: FilesParts) {
    this.#host = host;
    this.#firmware = firmware;
    this.#tickedMs = host.clock.monotonicMs();
    this.#up = access && new FilesUp(host, access, (party) => host.recipient(party));
    this.#down = access && new FilesDown(host, access, (message) => host.deliverAsMap(message));
  }

  /** `bootId`: that of the device's session. */
  receive(frame: FileFrame, bootId: number): void {
    switch (frame.type) {
      case 'offer':
        if (this.#up) this.#up.offer(frame, bootId);
        else cancel(this.#host, frame.fileId, new FileFault('not_supported', 'No files here.'));
        break;
      case 'chunk':
        this.#up?.chunk(frame);
        break;
      case 'want':
        this.#down?.want(frame);
        break;
      case 'done':
        if (isUp(frame.fileId)) this.#up?.done(frame);
        else this.#down?.end(frame);
        break;
      case 'cancel':
        if (isUp(frame.fileId)) this.#up?.cancel(frame);
        else this.#down?.end(frame);
        break;
      case 'fetch':
        if (this.#down) this.#down.fetch(frame);
        else this.#host.error('not_supported', '', [21]);
    }
  }

  /** Offers a message's file; undefined where it has none that can be offered. */
  deliver(message: Message, from: string | null): Delivery | undefined {
    return this.#down?.deliver(message, from);
  }

  get id(): string {
    return this.#host.id;
  }

  get takesFirmware(): boolean {
    return this.#host.takesFirmware();
  }

  get isLinked(): boolean {
    return this.#host.address() !== undefined;
  }

  offerFirmware(offer: FirmwareOffer): boolean {
    return this.#down?.offerFirmware(offer) ?? false;
  }

  withdrawFirmware(): void {
    this.#down?.withdrawFirmware();
  }

  /** A new session begins; `isReset`: of a device that lost its memory. */
  begin(isReset: boolean): void {
    if (isReset) this.#up?.release();
    this.#down?.renew();
    this.#firmware?.arrived(this);
  }

  /** The device has logged this. */
  logged(text: string): void {
    if (text.startsWith(FIRMWARE_LINE)) this.#firmware?.said(this.id, text.slice(FIRMWARE_LINE.length));
  }

  /** Called every second. */
  tick(): void {
    const now = this.#host.clock.monotonicMs();
    const elapsedMs = tickStep(this.#tickedMs, now);
    this.#tickedMs = now;
    this.#up?.tick(elapsedMs);
    this.#down?.tick(elapsedMs);
  }

  /** The device is gone. What it sent it may go on with later. */
  drop(): void {
    this.#up?.release();
    this.#down?.drop();
    this.#firmware?.gone(this);
  }
}

export function isFileFrame(frame: Frame): frame is FileFrame {
  return FILE_FRAMES.has(frame.type);
}

const FILE_FRAMES: ReadonlySet<Frame['type']> = new Set<FileFrame['type']>([
  'offer',
  'want',
  'chunk',
  'done',
  'cancel',
  'fetch',
]);

/** Ids of files up are even, those of files down odd. */
function isUp(fileId: number): boolean {
  return fileId % 2 === 0;
}
