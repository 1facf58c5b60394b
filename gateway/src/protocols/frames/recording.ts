import { decodeFrame, encodeFrame, FRAME_TYPES, type Frame, FrameError, valueToJsonText } from '@crosscomm/protocol';
import {
  allFrom,
  type ConnectionView,
  hiddenIn,
  type Look,
  passwordsOf,
  type RecordedProtocol,
  type Rejoin,
  type Span,
  type Way,
} from '../../transports/recording/recorded-protocol.ts';

const LIMITS = { maxBytes: 1024 * 1024, maxDepth: 16 };
/** The head of the array that a frame is, and its type. */
const HEAD_BYTES = 2;
/** What comes again and again, or may come or not. */
const SILENT: ReadonlySet<Frame['type']> = new Set(['ping', 'pong', 'ack']);

/** Device frames in binary WebSocket messages. */
export const recordedFrames: RecordedProtocol = {
  view: () => new FramesView(),
};

/** The Hello of a device, as it says it elsewhere; any other frame as it is. */
export function rejoinFrame(unit: Buffer, { suffix, secret }: Rejoin): Buffer {
  const frame = readFrame(unit);
  if (frame?.type !== 'hello') return unit;
  const { password, deviceId, resume: _, ...hello } = frame;
  const word = password === null ? null : (secret ?? password);
  return Buffer.from(encodeFrame({ ...hello, deviceId: `${deviceId}${suffix}`, password: word }));
}

class FramesView implements ConnectionView {
  lengthOf(_way: Way, bytes: Buffer): number {
    return bytes.length;
  }

  look(way: Way, unit: Buffer): Look {
    return lookAtFrame(way, unit);
  }

  label(way: Way, unit: Buffer): string | undefined {
    return way === 'in' ? undefined : labelOfFrame(unit);
  }

  rejoin(unit: Buffer, as: Rejoin): Buffer {
    return rejoinFrame(unit, as);
  }
}

/** What a frame says that matters to a recording. */
export function lookAtFrame(way: Way, unit: Buffer): Look {
  const frame = readFrame(unit);
  // A frame that cannot be read may be a Hello with a mistake in it.
  if (frame === undefined) return mayHaveSecret(unit) ? allFrom(HEAD_BYTES, unit) : {};
  const text = unit.toString('latin1');
  if (frame.type === 'hello') {
    const { deviceId, password } = frame;
    return { ...(way === 'in' && { clients: [deviceId] }), secrets: lastOf(hiddenIn(text, password ?? '')) };
  }
  if (frame.type === 'token') return { secrets: lastOf(hiddenIn(text, frame.token ?? '')) };
  return { secrets: addressesOf(frame).flatMap((address) => passwordsOf(address, text)) };
}

/** A frame in words; undefined for what comes again and again. */
export function labelOfFrame(unit: Buffer): string | undefined {
  const frame = readFrame(unit);
  return frame === undefined ? `a frame of ${unit.length} bytes that cannot be read` : labelOf(frame);
}

function labelOf(frame: Frame): string | undefined {
  if (SILENT.has(frame.type)) return undefined;
  if (frame.type === 'sequenced') return frame.frame === null ? 'sequenced' : labelOf(frame.frame);
  if (frame.type === 'message') {
    const { from, to, value } = frame;
    return `message ${from ?? ''} -> ${to ?? ''} ${valueToJsonText(value)}`;
  }
  if (frame.type === 'error') return `error ${frame.code} ${frame.text}`;
  return frame.type;
}

/** The frame that some bytes are; undefined where they are none. */
function readFrame(unit: Uint8Array): Frame | undefined {
  try {
    return decodeFrame(unit, LIMITS);
  } catch (error) {
    if (error instanceof FrameError) return undefined;
    throw error;
  }
}

function mayHaveSecret(unit: Uint8Array): boolean {
  const type = unit[1];
  return type === FRAME_TYPES.hello || type === FRAME_TYPES.token;
}

/** The texts of a frame that may be addresses. */
function addressesOf(frame: Frame): string[] {
  const inner = frame.type === 'sequenced' && frame.frame !== null ? frame.frame : frame;
  return Object.values(inner).filter((value) => typeof value === 'string' && value.includes(':')) as string[];
}

/** The last of them: what else says the same stands before it. */
function lastOf(spans: readonly Span[]): Span[] {
  return spans.slice(-1);
}
