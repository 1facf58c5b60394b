import { CODES, type CodeName, type DataFrameInit, type FrameInit } from '@crosscomm/protocol';
import type { Clock } from '../../../common/clock.ts';
import type { ErrorCode } from '../../../common/errors.ts';
import type { Delivery } from '../../../hub/session.ts';
import { FileFault } from './access.ts';

/** What the transfers of a device ask of its session. */
export interface FilesHost {
  readonly id: string;
  readonly clock: Clock;
  /** The longest frame that the device takes, in bytes. */
  maxFrame(): number;
  /** Whether bytes may be damaged on the way, and a long frame with them. */
  isNoisy(): boolean;
  /** Where the device is, without a port: an address or a serial port; undefined while it is away. */
  address(): string | undefined;
  /** The account that the device belongs to; undefined: none. */
  account(): string | undefined;
  /** Whether the device may store an object under this key. */
  mayUpload(key: string): boolean;
  /** Takes a piece of an upload from the device's quota; or takes nothing, and answers why. */
  spendUpload(bytes: number): string | undefined;
  /** Whether the device may read an object that was not sent to it. */
  mayRead(key: string): boolean;
  /** Writes a bare frame; false where there is no link or no room, and the device will ask again. */
  send(frame: FrameInit): boolean;
  /** Queues a frame with a number. */
  enqueue(frame: DataFrameInit): Delivery;
  error(code: CodeName, text: string, about: (number | string)[]): void;
  report(code: ErrorCode, message: string): void;
}

const INCIDENTS: Partial<Record<CodeName, ErrorCode>> = {
  not_allowed: 'PEER_NOT_ALLOWED',
  name_invalid: 'PEER_BAD_NAME',
  too_large: 'PEER_TOO_LARGE',
  too_many: 'PEER_TOO_MANY',
  malformed: 'PEER_MALFORMED',
  wrong_content: 'PEER_MALFORMED',
  not_supported: 'PEER_MALFORMED',
  internal: 'INTERNAL',
};
const MAX_TEXT = 32;
const ASCII = /^[ -~]*$/;

/** Ends a transfer, and says why, to the device and in the log. */
export function cancel(host: FilesHost, fileId: number, fault: FileFault): void {
  report(host, fault);
  // A text for a person, where the code does not say it all and the device has room.
  const fits = fault.message.length <= MAX_TEXT && host.maxFrame() >= 2 * MAX_TEXT && ASCII.test(fault.message);
  const text = fits ? fault.message : '';
  host.send({ type: 'cancel', fileId, code: CODES[fault.code], text });
}

/** Counts what the device did wrong; what is the gateway's own trouble was told by who has it. */
export function report(host: FilesHost, fault: FileFault): void {
  const incident = INCIDENTS[fault.code];
  if (incident) host.report(incident, `A file of the device was refused (${fault.code}): ${fault.message}`);
}

export function toFault(error: unknown): FileFault {
  if (error instanceof FileFault) return error;
  return new FileFault('internal', error instanceof Error ? error.message : String(error), { cause: error });
}
