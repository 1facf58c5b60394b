/** What could move a terminal's cursor, change its colours, turn the direction of text, or stand unseen between letters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

const SHORT: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** `text` on one line, safe to show at a terminal and in a log whoever wrote it: what is not is written as `\u202e`. */
export function printable(text: string): string {
  return text.replace(
    UNSAFE,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
