import type { Outcome, TraceReason } from '../../hub/tracer.ts';
import type { Recipient, TraceEntry } from './entry.ts';
import { partsOf, sentenceOf, type TracePart } from './sentence.ts';
import type { Surroundings } from './surroundings.ts';

/** What became of one message, as programs and pages are told. */
export interface TraceView {
  /** Its number; grows with each message. */
  seq: number;
  /** When it set out; milliseconds since 1970. */
  timestampMs: number;
  from: string;
  to: string;
  /** By which its sender came; undefined where nobody knows. */
  protocol?: string | undefined;
  kind?: string | undefined;
  /** The characters of a text, the bytes of anything else. */
  size?: number | undefined;
  isRetained: boolean;
  /** How many have it, or will. */
  delivered: number;
  /** It did not reach somebody that it was for, or anybody. */
  isFailed: boolean;
  reason?: TraceReason | undefined;
  /** At most 32 of them. */
  recipients: Recipient[];
  /** How many there are of each outcome. */
  outcomes: Partial<Record<Outcome, number>>;
  sentence: string;
  /** The same for whoever says it in another language. */
  parts: TracePart[];
}

/** Tells an entry, and what is known around it now. */
export function traceView(entry: TraceEntry, around: Surroundings): TraceView {
  const { seq, timestampMs, from, to, protocol, kind, size, isRetained, isFailed, reason, recipients } = entry;
  const parts = partsOf(entry, around);
  return {
    ...{
      seq,
      timestampMs,
      from,
      to,
      protocol,
      kind,
      size,
      isRetained,
      delivered: entry.got,
      isFailed,
      reason,
      recipients,
    },
    outcomes: Object.fromEntries(entry.counts),
    sentence: sentenceOf(parts),
    parts,
  };
}
