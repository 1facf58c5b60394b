import { readFile } from 'node:fs/promises';
import { printable } from '../../common/printable.ts';
import {
  type BytesEvent,
  type CloseEvent,
  type OpenEvent,
  RECORDING_VERSION,
  type RecordingEvent,
  type RecordingHead,
} from '../../transports/recording/events.ts';
import { OLDER_PARTS, partOf } from '../recording-file.ts';
import { UsageError } from '../shell.ts';

/** What happened to a connection. */
export type Happening = OpenEvent | BytesEvent | CloseEvent;

export interface ReadRecording {
  head: RecordingHead;
  /** What happened, in the order in which it did. */
  happenings: readonly Happening[];
  /** How many events are missing in it. */
  lost: number;
}

/** Reads a recording, with its older parts where these are there. Throws a UsageError where it is none. */
export async function readRecording(path: string): Promise<ReadRecording> {
  const { head, events } = await readPart(path);
  for (let number = 1, before = head; number <= OLDER_PARTS && (before.part ?? 1) > 1; number++) {
    const older = await readPart(partOf(path, number)).catch(() => undefined);
    if (older === undefined || older.head.id !== head.id) break;
    events.unshift(...older.events);
    before = older.head;
  }
  const known = new Set<number>();
  const happenings: Happening[] = [];
  let lost = 0;
  for (const event of events) {
    if (event.is === 'lost') lost += event.events;
    if (!('c' in event)) continue;
    if (event.is === 'open' && known.has(event.c)) continue;
    known.add(event.c);
    // Where the part is missing in which it was opened, its beginning is.
    happenings.push(event.is === 'open' && event.again === true ? { ...event, inMiddle: true } : event);
  }
  // What is held until its end comes is written later than it came.
  return { head, happenings: happenings.sort((one, other) => one.t - other.t), lost };
}

async function readPart(path: string): Promise<{ head: RecordingHead; events: RecordingEvent[] }> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
  const [first, ...lines] = text.split('\n');
  const head = readLine(first ?? '') as RecordingHead | undefined;
  if (head?.is !== 'recording') throw new UsageError(`${path} is no recording of crosscomm record.`);
  if (head.version !== RECORDING_VERSION) {
    const version = printable(String(head.version));
    throw new UsageError(`${path} is of version ${version}, and this command reads version ${RECORDING_VERSION}.`);
  }
  const events: RecordingEvent[] = [];
  for (const [index, line] of lines.entries()) {
    const event = readLine(line);
    if (event !== undefined) events.push(event);
    // The last one is cut where the disk was full, or the command was killed.
    else if (line !== '' && index < lines.length - 1)
      throw new UsageError(`${path}: line ${index + 2} is none of a recording.`);
  }
  return { head, events };
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const amount: Check = (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value);
const way: Check = (value) => ['tcp', 'udp', 'websocket', 'serial'].includes(value as string);
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const bytes = { t: amount, c: amount, text: maybe(text), base64: maybe(text) };

/** What the parts of an event must be, by its kind: the file may be damaged, or made by somebody else. */
const PARTS: Readonly<Record<RecordingEvent['is'], Readonly<Record<string, Check>>>> = {
  recording: { id: text, gateway: text, part: maybe(amount) },
  open: {
    ...{ t: amount, c: amount, protocol: text, client: text, listener: text, by: way, peer: text },
    ...{ path: maybe(text), subprotocol: maybe(text) },
  },
  in: bytes,
  out: bytes,
  close: { t: amount, c: amount, code: maybe(amount) },
  lost: { t: amount, events: amount },
  end: { t: amount },
};

function readLine(line: string): RecordingEvent | undefined {
  try {
    const event = JSON.parse(line) as (RecordingEvent & Record<string, unknown>) | null;
    if (event === null || !Object.hasOwn(PARTS, event.is)) return undefined;
    return Object.entries(PARTS[event.is]).every(([name, check]) => check(event[name])) ? event : undefined;
  } catch {
    return undefined;
  }
}
