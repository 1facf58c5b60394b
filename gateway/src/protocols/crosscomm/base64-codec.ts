const STRICT = /^[A-Za-z0-9+/]*={0,2}$/;
const FOREIGN = /[^A-Za-z0-9+/=]+/g;

/**
 * Decodes base64 as Python's `base64.b64decode` does, which is what CrossComm clients decode with: characters outside
 * the alphabet are skipped, what follows the padding is ignored, and padding that is missing is an error.
 * Returns undefined where Python raises.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 === 0 && STRICT.test(text)) return Buffer.from(text, 'base64');
  const clean = text.replace(FOREIGN, '');
  let data = '';
  let pads = 0;
  for (let at = 0; at < clean.length; at++) {
    if (clean.charCodeAt(at) !== 61) {
      // Pieces without padding, which are nearly all, are taken over whole.
      let end = clean.indexOf('=', at);
      if (end < 0) end = clean.length;
      data += clean.slice(at, end);
      pads = 0;
      at = end - 1;
    } else if (data.length % 4 >= 2 && (data.length % 4) + ++pads >= 4) return Buffer.from(data, 'base64');
  }
  return data.length % 4 === 0 ? Buffer.from(data, 'base64') : undefined;
}
