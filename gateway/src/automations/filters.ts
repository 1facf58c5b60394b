/** Whether a topic filter matches every channel that another one does. */
export function includesFilter(wide: string, narrow: string): boolean {
  if (wide === narrow) return true;
  const wideLevels = wide.split('/');
  const narrowLevels = narrow.split('/');
  // Wildcards at the beginning do not match the gateway's own channels.
  if (narrow.startsWith('$') && /^[+#]/.test(wide)) return false;
  for (let at = 0; ; at++) {
    const [level, other] = [wideLevels[at], narrowLevels[at]];
    if (level === '#') return true;
    if (level === undefined || other === undefined) return level === other;
    if (other === '#' || (level !== '+' && level !== other)) return false;
  }
}
