/** Headers that are stored with an object and returned to its readers unchanged, by lower-case name. */
export type KeptHeaders = Readonly<Partial<Record<(typeof KEPT_HEADERS)[number], string>>>;

export const KEPT_HEADERS = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
] as const;

/** Those of `headers` that are stored with an object; undefined if there are none. */
export function keptHeaders(headers: (name: string) => string | undefined): KeptHeaders | undefined {
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = headers(name);
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

/** The same for a response. */
export function sendable(headers: KeptHeaders = {}): Record<string, string> {
  return Object.fromEntries(KEPT_HEADERS.flatMap((name) => (headers[name] ? [[name, headerText(headers[name])]] : [])));
}

/** Text in the form in which Node takes the bytes of a header: Latin-1, each character standing for a byte of UTF-8. */
export function headerText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header cannot have them.
  return Buffer.from(text.replace(/[\u0000-\u001f\u007f]/g, '?')).toString('latin1');
}
