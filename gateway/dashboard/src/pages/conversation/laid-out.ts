/** Strings, and the signs between which a line begins. */
const PARTS = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** JSON as people read it, with its numbers as they were written; any other text as it is. */
export function laidOut(body: string): string {
  if (!/^\s*[[{]/.test(body) || !isJson(body)) return body;
  let text = '';
  let depth = 0;
  let before = '';
  const newLine = (): string => `\n${'  '.repeat(depth)}`;
  for (const [part] of body.matchAll(PARTS)) {
    const isEnd = part === '}' || part === ']';
    const isBegun = before === '{' || before === '[';
    if (isEnd) depth--;
    if ((isBegun && !isEnd) || (isEnd && !isBegun) || before === ',') text += newLine();
    text += part === ':' ? ': ' : part;
    if (part === '{' || part === '[') depth++;
    before = part;
  }
  return text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
