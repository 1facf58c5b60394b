import type { ConnectionFacts } from '../taps.ts';

/** The version of the format of recordings (docs/record.md). */
export const RECORDING_VERSION = 1;

/** The first line of a recording. */
export interface RecordingHead {
  readonly is: 'recording';
  readonly version: number;
  /** Tells recordings apart, so that the parts of one are found. */
  readonly id: string;
  /** The version of the gateway. */
  readonly gateway: string;
  readonly startedMs: number;
  readonly clients: readonly string[];
  /** The number of the part that begins here, from 1; `crosscomm record` writes it. */
  readonly part?: number;
}

/** A connection is recorded from here on. */
export interface OpenEvent extends Omit<ConnectionFacts, 'client' | 'isBehindProxy'> {
  readonly is: 'open';
  readonly t: number;
  /** The number of the connection, from 1. */
  readonly c: number;
  readonly protocol: string;
  /** Who it is recorded for. */
  readonly client: string;
  /** It was open already when the recording began: how it joined is not there. */
  readonly inMiddle?: true;
  /** It was said in an older part of the recording already. */
  readonly again?: true;
}

/** What was sent, as a whole or as a piece of the stream: as text where it is readable, else in base64. */
export interface BytesEvent {
  readonly is: 'in' | 'out';
  /** Milliseconds since the recording began. */
  readonly t: number;
  readonly c: number;
  readonly text?: string;
  readonly base64?: string;
  /** A WebSocket message that is binary. */
  readonly binary?: true;
}

export interface CloseEvent {
  readonly is: 'close';
  readonly t: number;
  readonly c: number;
  /** With which the gateway closed a WebSocket. */
  readonly code?: number;
  readonly reason?: string;
}

/** What was too much at once for whoever reads, and is missing. */
export interface LostEvent {
  readonly is: 'lost';
  readonly t: number;
  readonly events: number;
  readonly bytes: number;
}

/** Why a recording ended: its time was over, somebody wanted it to, or the gateway stopped. */
export interface EndEvent {
  readonly is: 'end';
  readonly t: number;
  readonly why: 'time' | 'asked' | 'stopped';
  /** How many events are missing in all. */
  readonly lost: number;
  /** Connections that may have been of these clients, and were too many at once to be looked at. */
  readonly unseen: number;
}

export type RecordingEvent = RecordingHead | OpenEvent | BytesEvent | CloseEvent | LostEvent | EndEvent;

/** Readable: no control characters but tabs and line breaks. */
const READABLE = /^[\P{Cc}\t\r\n]*$/u;

/** Bytes as an event has them. */
export function shown(bytes: Buffer): Pick<BytesEvent, 'text' | 'base64'> {
  const text = bytes.toString('utf8');
  if (READABLE.test(text) && Buffer.from(text).equals(bytes)) return { text };
  return { base64: bytes.toString('base64') };
}

/** The bytes of an event. */
export function bytesOf({ text, base64 }: Pick<BytesEvent, 'text' | 'base64'>): Buffer {
  return text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text);
}
