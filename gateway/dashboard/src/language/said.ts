import { formatBytes, formatCount } from './format.ts';
import { language, t } from './language.ts';

/** What the gateway found out about something, as its API tells it. */
export interface Found {
  code: string;
  level: string;
  values: Record<string, string | number>;
  sentence: string;
  advice?: string;
}

/** What one of the gateway's sentences about a message says. */
export interface SaidPart {
  code: string;
  names: readonly string[];
  count: number;
  values: Readonly<Record<string, string | number>>;
}

/** A text in the language that is shown, or in English where it has none: then `lang` says so. */
export interface Said {
  sentence: string;
  advice?: string | undefined;
  lang?: 'en';
}

/** What was found out, in the language that is shown. */
export function saidOfFinding({ code, level, values, sentence, advice }: Found): Said {
  const own = t.findings[`${code} ${level}`];
  return own === undefined ? { sentence, advice, ...inEnglish() } : own(shownValues(values));
}

/** What became of a message, in the language that is shown. */
export function saidOfMessage({ sentence, parts }: { sentence: string; parts: readonly SaidPart[] }): Said {
  const own = parts.map(({ code, values, ...who }) => t.said[code]?.(shownValues(values), clientsOf(who)));
  const isWhole = own.length > 0 && own.every((text) => text !== undefined);
  return isWhole ? { sentence: own.join('') } : { sentence, ...inEnglish() };
}

function inEnglish(): Pick<Said, 'lang'> {
  return language.value === 'en' ? {} : { lang: 'en' };
}

/** Clients in a sentence: some with their names, and how many more there are. */
function clientsOf({ names, count }: Pick<SaidPart, 'names' | 'count'>): string {
  const more = count - names.length;
  if (names.length === 0) return t.trace.someClients(formatCount(count));
  if (more > 0) return t.trace.andOthers(names.join(', '), formatCount(more));
  return new Intl.ListFormat(language.value).format(names);
}

function shownValues(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      return [name, /bytes|perDay/i.test(name) ? formatBytes(value) : formatCount(value)];
    }),
  );
}
