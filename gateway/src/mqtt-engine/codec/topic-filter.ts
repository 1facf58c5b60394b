const SHARE = '$share/';
const SLASH = 0x2f;
const PLUS = 0x2b;
const HASH = 0x23;

/** True for the filter of a shared subscription, `$share/GROUP/FILTER`. */
export function isShared(filter: string): boolean {
  return filter.startsWith(SHARE);
}

/** What is wrong with a topic filter (sections 4.7 and 4.8.2), as the end of a sentence about it; undefined where nothing is. */
export function filterFault(filter: string): string | undefined {
  if (filter === '') return 'is empty';
  let begin = 0;
  if (isShared(filter)) {
    const fault = groupFault(filter);
    if (fault !== undefined) return fault;
    begin = filter.indexOf('/', SHARE.length) + 1;
  }
  for (let at = begin; at < filter.length; at++) {
    const code = filter.charCodeAt(at);
    if (code !== PLUS && code !== HASH) continue;
    // [MQTT-4.7.1-1], [MQTT-4.7.1-2]
    if (at > begin && filter.charCodeAt(at - 1) !== SLASH)
      return 'has a wildcard that does not stand alone between slashes';
    if (at + 1 === filter.length) continue;
    if (filter.charCodeAt(at + 1) !== SLASH) return 'has a wildcard that does not stand alone between slashes';
    if (code === HASH) return 'has # before its last level';
  }
  return undefined;
}

/** [MQTT-4.8.2-1], [MQTT-4.8.2-2] */
function groupFault(filter: string): string | undefined {
  const end = filter.indexOf('/', SHARE.length);
  if (end <= SHARE.length || end + 1 === filter.length) return 'is not $share/GROUP/FILTER';
  for (let at = SHARE.length; at < end; at++) {
    const code = filter.charCodeAt(at);
    if (code === PLUS || code === HASH) return 'has a wildcard in the name of its group';
  }
  return undefined;
}
