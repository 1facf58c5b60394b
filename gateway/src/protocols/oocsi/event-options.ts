import { decodeString, type RawMember } from '../../common/json/scan.ts';
import type { SendOptions } from '../../hub/hub.ts';

const MAX_RETAIN_S = 2 * 24 * 3600;
const KEEP = '"keep"';
const DIGITS = /^[0-9]+$/;
const NUMBER = /^[0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?$/;
const LOCAL_TIME = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/;

/** True if the data may contain one of these fields: a quick test, which most messages fail. */
export function mayHaveOptions(text: string): boolean {
  return text.includes('"_');
}

/**
 * Reads `_RETAIN` (seconds, at most two days, or "keep": the last value of each field is kept), `_DELAY` (whole seconds) and `_SCHEDULE` (`yyyy-MM-dd HH:mm:ss`, local
 * time); `_DELAY` wins over `_SCHEDULE`. Invalid values are ignored. Undefined if there is none of them.
 */
export function readOptions(data: readonly RawMember[]): SendOptions | undefined {
  let retainMs: number | undefined;
  let keep = false;
  let delayMs: number | undefined;
  let dueMs: number | undefined;
  for (const { name, raw } of data) {
    if (name === '_RETAIN' && raw === KEEP) keep = true;
    else if (name === '_RETAIN') retainMs = toRetainMs(raw);
    else if (name === '_DELAY') delayMs = toDelayMs(raw);
    else if (name === '_SCHEDULE') dueMs = toDueMs(raw);
  }
  if (retainMs === undefined && delayMs === undefined && dueMs === undefined) return keep ? { keep } : undefined;
  const when = delayMs === undefined ? { retainMs, dueMs } : { retainMs, delayMs };
  return keep ? { ...when, keep } : when;
}

/** A positive number, or a string of digits; undefined otherwise. */
function toSeconds(raw: string): number | undefined {
  const isText = raw.startsWith('"');
  const text = isText ? decodeString(raw) : raw;
  const seconds = (isText ? DIGITS : NUMBER).test(text) ? Number(text) : 0;
  return seconds > 0 ? seconds : undefined;
}

function toRetainMs(raw: string): number | undefined {
  const seconds = toSeconds(raw);
  return seconds && Math.min(seconds, MAX_RETAIN_S) * 1000;
}

function toDelayMs(raw: string): number | undefined {
  const delayMs = Math.trunc(toSeconds(raw) ?? 0) * 1000;
  return delayMs > 0 && Number.isSafeInteger(delayMs) ? delayMs : undefined;
}

function toDueMs(raw: string): number | undefined {
  const parts = raw.startsWith('"') ? LOCAL_TIME.exec(decodeString(raw)) : null;
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  const due = new Date(year, month - 1, day, hour, minute, second);
  // Date would read the 31st of April as the 1st of May.
  const exists = due.getMonth() === month - 1 && due.getDate() === day && minute < 60 && second < 60 && hour < 24;
  return exists ? due.getTime() : undefined;
}
