const ESCAPED = /['()*]/g;

/** A Content-Disposition (RFC 6266) that shows what comes in the page, and has it saved as `name` (see `nameOfObject`). */
export function inlineAs(name: string): string {
  // Some read percent signs in the plain name as an encoding.
  const plain = name.replace(/[^ -~]/gu, '_').replace(/["\\%]/g, '_');
  const encoded = plain === name ? '' : `; filename*=UTF-8''${encodeRfc8187(name)}`;
  return `inline; filename="${plain}"${encoded}`;
}

function encodeRfc8187(text: string): string {
  return encodeURIComponent(text).replaceAll(ESCAPED, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
