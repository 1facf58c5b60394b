import { encodeSlip, SlipDecoder } from '@crosscomm/protocol';
import { tryScanObject } from '../../common/json/scan.ts';
import {
  afterColon,
  allFrom,
  type ConnectionView,
  SLIP_END as END,
  type Look,
  passwordsInJson,
  type RecordedProtocol,
  type Rejoin,
  type Span,
  slipLengthOf,
  type Way,
} from '../../transports/recording/recorded-protocol.ts';
import { labelOfFrame, lookAtFrame, rejoinFrame } from '../frames/recording.ts';
import { withoutSecret } from './without-secret.ts';

const LINE_FEED = 10;
const ESCAPE = 0xdb;
/** Members of a line that name channels. */
const NAMING = new Set(['to', 'subscribe', 'unsubscribe']);
const MAX_FRAME_BYTES = 64 * 1024;

/** A serial port: lines of text, and frames in SLIP between them. */
export const recordedLines: RecordedProtocol = {
  view: () => new LinesView(),
};

/** The frame in a packet of SLIP; undefined where it is text, or damaged. */
export function frameIn(packet: Uint8Array): Buffer | undefined {
  if (packet[0] !== END || packet.length < 2) return undefined;
  let found: Buffer | undefined;
  const decoder = new SlipDecoder(MAX_FRAME_BYTES, {
    frame: (bytes) => {
      found = Buffer.from(bytes);
    },
    text: () => {},
    fault: () => {},
  });
  decoder.push(packet);
  return found;
}

class LinesView implements ConnectionView {
  lengthOf(_way: Way, bytes: Buffer): number | undefined {
    if (bytes[0] === END) return slipLengthOf(bytes);
    const line = bytes.indexOf(LINE_FEED);
    const frame = bytes.indexOf(END);
    if (frame >= 0 && (line < 0 || frame < line)) return frame;
    return line < 0 ? undefined : line + 1;
  }

  look(way: Way, unit: Buffer, isWhole: boolean): Look {
    if (unit[0] === END) return this.#lookAtPacket(way, unit, isWhole);
    const text = unit.toString('latin1');
    if (!isWhole) return text.startsWith('{') ? afterColon(text) : {};
    const kept = withoutSecret(text.trimEnd());
    const line = text.trimEnd();
    // The end of a line by which a board prints how it was welcomed elsewhere.
    if (kept !== line) {
      const welcome = text.indexOf('welcome ');
      return { secrets: [[text.indexOf(':', welcome) + 1, text.indexOf('"', welcome)]] };
    }
    // Between two packets that share an END.
    const bare = line === text ? Buffer.concat([Buffer.of(END), unit, Buffer.of(END)]) : unit;
    if (frameIn(bare) !== undefined) return this.#lookAtPacket(way, bare, isWhole, 1);
    return line.startsWith('{') ? { secrets: passwordsIn(unit.toString('utf8').trim(), text) } : {};
  }

  label(way: Way, unit: Buffer): string | undefined {
    if (way === 'in') return undefined;
    const frame = frameIn(unit);
    return frame === undefined ? unit.toString('utf8').trim() || undefined : labelOfFrame(frame);
  }

  rejoin(unit: Buffer, as: Rejoin): Buffer {
    const frame = frameIn(unit);
    return frame === undefined ? unit : Buffer.from(encodeSlip(rejoinFrame(frame, as)));
  }

  /** `before`: how many bytes of the packet are not of the unit. */
  #lookAtPacket(way: Way, packet: Buffer, isWhole: boolean, before = 0): Look {
    if (!isWhole) return allFrom(1, packet);
    const frame = frameIn(packet);
    if (frame === undefined) return packet.length > 1 ? allFrom(1, packet.subarray(0, -1)) : {};
    const { secrets = [], clients } = lookAtFrame(way, frame);
    const spans = secrets.map((span) => escaped(span, packet));
    return { ...(clients && { clients }), secrets: spans.map(([from, to]): Span => [from - before, to - before]) };
  }
}

/** Where a part of a frame is in its packet: after the first END, some bytes are two there. */
function escaped([begin, end]: Span, packet: Uint8Array): Span {
  const places: number[] = [];
  for (let at = 1; at < packet.length; at++) {
    places.push(at);
    if (packet[at] === ESCAPE) at++;
  }
  return [places[begin] ?? 1, places[end] ?? packet.length - 1];
}

function passwordsIn(line: string, latin: string): Span[] {
  const members = tryScanObject(line) ?? [];
  return members.flatMap(({ name, raw }) => {
    if (!NAMING.has(name) || !raw.includes(':')) return [];
    const value: unknown = JSON.parse(raw);
    const texts = (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string') as string[];
    return texts.flatMap((text) => passwordsInJson(text, latin));
  });
}
