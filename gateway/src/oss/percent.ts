/** Percent-encodes all but letters, digits, `-`, `_`, `.` and `~`. Takes text that is well-formed. */
export function strictEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
