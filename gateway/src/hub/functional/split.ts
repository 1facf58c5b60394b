const FUNCTION = /^(\w+)\s*\(([\s\S]*)\)$/;

/** A function of a functional channel, as it is written: `filter(celsius > 20)`. */
export interface WrittenFunction {
  name: string;
  /** What stands between its parentheses. */
  body: string;
}

/** Takes a list of functions apart at each semicolon outside strings, and leaves out what is not written as a function. */
export function splitFunctions(text: string): WrittenFunction[] {
  const found: WrittenFunction[] = [];
  for (const part of splitAtSemicolons(text)) {
    const [, name, body] = FUNCTION.exec(part.trim()) ?? [];
    if (name !== undefined && body !== undefined) found.push({ name, body });
  }
  return found;
}

function splitAtSemicolons(text: string): string[] {
  const parts: string[] = [];
  let begin = 0;
  let quote = '';
  for (let at = 0; at <= text.length; at++) {
    const char = text[at];
    if (quote !== '' && char !== undefined) {
      if (char === '\\') at++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === ';' || char === undefined) {
      parts.push(text.slice(begin, at));
      begin = at + 1;
    }
  }
  return parts;
}
