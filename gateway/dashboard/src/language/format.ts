import { language, t } from './language.ts';

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${language.value} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known instanceof Intl.NumberFormat) return known;
  const made = new Intl.NumberFormat(language.value, options);
  formats.set(key, made);
  return made;
}

function timeFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language.value} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known instanceof Intl.DateTimeFormat) return known;
  const made = new Intl.DateTimeFormat(language.value, options);
  formats.set(key, made);
  return made;
}

/** A count: `12,345`. */
export function formatCount(value: number): string {
  return numberFormat({ maximumFractionDigits: 0 }).format(value);
}

/** A rate for each second: `0.4`, `12`, `12,345`. */
export function formatRate(perS: number): string {
  return numberFormat({ maximumFractionDigits: perS < 10 ? 1 : 0 }).format(perS);
}

/** A value of a channel, with what a sensor can be right about. */
export function formatValue(value: number): string {
  return numberFormat({ maximumSignificantDigits: 6, notation: notationOf(Math.abs(value)) }).format(value);
}

/** Zeros without end are read by nobody, and there is no room for them. */
function notationOf(size: number): Intl.NumberFormatOptions['notation'] {
  if (size >= 1e15 || (size < 1e-6 && size > 0)) return 'scientific';
  return size >= 1e9 ? 'compact' : 'standard';
}

/** A value that is read at a glance: whole numbers as they are, others with four digits. */
export function formatReading(value: number): string {
  const notation = notationOf(Math.abs(value));
  const isWhole = Number.isInteger(value) && notation === 'standard';
  return numberFormat(isWhole ? {} : { maximumSignificantDigits: 4, notation }).format(value);
}

/** A share of a whole, 0 to 1: `37 %`. */
export function formatShare(share: number): string {
  return numberFormat({ style: 'percent', maximumFractionDigits: 0 }).format(share);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes: `512 B`, `1.5 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let index = 0;
  while (value >= 1000 && index < UNITS.length - 1) {
    value /= 1000;
    index++;
  }
  return `${numberFormat({ maximumFractionDigits: index === 0 || value >= 100 ? 0 : 1 }).format(value)} ${UNITS[index]}`;
}

/** How long something takes or took, in its two largest units: `3 min 12 s`. `ms`: milliseconds. */
export function formatDuration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  const { d, h, min, s: second } = t.units;
  if (s < 60) return `${s} ${second}`;
  if (s < 600) return `${Math.floor(s / 60)} ${min} ${s % 60} ${second}`;
  if (s < 3600) return `${Math.floor(s / 60)} ${min}`;
  if (s < 86_400) return `${Math.floor(s / 3600)} ${h} ${Math.floor((s % 3600) / 60)} ${min}`;
  return `${Math.floor(s / 86_400)} ${d} ${Math.floor((s % 86_400) / 3600)} ${h}`;
}

/** The time of day, with milliseconds. `ms`: since 1970. */
export function formatTime(ms: number): string {
  return timeFormat({
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    hour12: false,
  }).format(ms);
}

/** Day and time. `ms`: since 1970. */
export function formatDateTime(ms: number): string {
  return timeFormat({ dateStyle: 'medium', timeStyle: 'medium' }).format(ms);
}

/** The time of day. `ms`: since 1970. */
export function formatClock(ms: number): string {
  return timeFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(ms);
}
