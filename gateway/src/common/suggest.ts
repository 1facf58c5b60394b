/** How many insertions, deletions and replacements of one character turn `from` into `to` (Levenshtein's distance). */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replace = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replace));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

/** Longer words than this are no slip of the finger, and would take long to compare. */
const MAX_WORD = 64;

/**
 * The known word that `word` was probably meant to be, or undefined where none is near. Upper and lower case, `-` and `_`
 * make no difference: `max_line_bytes` is `maxLineBytes`.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD) return undefined;
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_]/g, '');
  const wanted = plain(word);
  let best: string | undefined;
  let bestDistance = (wanted.length > 3 ? Math.max(2, Math.floor(wanted.length / 3)) : 1) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
