/** How many levels a pattern may have, as many as over MQTT: each level needs memory of its own. */
const MAX_LEVELS = 100;

/** True where `filter` is a pattern of more than 100 levels. */
export function isTooDeep(filter: string): boolean {
  return isPattern(filter) && filter.split('/').length > MAX_LEVELS;
}

/** True where `filter` is an MQTT topic filter with wildcards: a level that is `+`, or a last level that is `#`. */
export function isPattern(filter: string): boolean {
  if (!filter.includes('+') && !filter.includes('#')) return false;
  const levels = filter.split('/');
  return levels.some((level, index) => level === '+' || (level === '#' && index === levels.length - 1));
}

/**
 * True where the channel `name` matches the topic filter `levels` (split at `/`), by MQTT 3.1.1 section 4.7: `+` is one
 * level, `#` at the end is any number, none included; neither matches a first level that begins with `$`.
 */
export function matchesPattern(levels: readonly string[], name: string): boolean {
  if (name.charCodeAt(0) === 36 && levels[0]?.charCodeAt(0) !== 36) return false;
  let begin = 0;
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index];
    if (level === '#') return true;
    if (begin > name.length) return false;
    let end = name.indexOf('/', begin);
    if (end < 0) end = name.length;
    if (level !== '+' && level !== name.slice(begin, end)) return false;
    begin = end + 1;
  }
  return begin > name.length;
}
