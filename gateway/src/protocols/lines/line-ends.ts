const LINE_FEED = 10;
const RETURN = 13;

/**
 * Bytes of a device in which every carriage return is a line feed, so that lines end at either: devices end them `\r\n`, `\n\r`,
 * `\r\r\n`, `\n` or `\r`, and a line that is empty says nothing.
 */
export function withLineFeeds(bytes: Buffer): Buffer {
  let at = bytes.indexOf(RETURN);
  if (at < 0) return bytes;
  const copy = Buffer.from(bytes);
  for (; at >= 0; at = copy.indexOf(RETURN, at)) copy[at] = LINE_FEED;
  return copy;
}
