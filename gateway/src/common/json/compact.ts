const QUOTE = 34;
const BACKSLASH = 92;

/** `json`, which must be one valid JSON value, without the blanks and line breaks that stand outside of its strings. */
export function compactJson(json: string): string {
  if (!/\s/.test(json)) return json;
  let compact = '';
  let keptTo = 0;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (code <= 32) {
      compact += json.slice(keptTo, at);
      keptTo = at + 1;
    }
  }
  return compact + json.slice(keptTo);
}

/** The index of the quote that ends the string that begins at `from`. */
function endOfString(json: string, from: number): number {
  let at = from + 1;
  while (at < json.length && json.charCodeAt(at) !== QUOTE) at += json.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
