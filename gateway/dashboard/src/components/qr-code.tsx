import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** White around it, without which cameras do not find it, in modules. */
const MARGIN = 2;

/** A picture that a phone reads a text from. What makes it is loaded when the first one is shown. */
export function QrCode({ text, label }: { text: string; label: string }): JSX.Element | null {
  const [rows, setRows] = useState<boolean[][]>();
  useEffect(() => {
    void import('qr').then(({ encodeQR }) => setRows(encodeQR(text, 'raw', { border: MARGIN })));
  }, [text]);
  if (!rows) return null;
  const path = rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('');
  return (
    <svg class="qr" viewBox={`0 0 ${rows.length} ${rows.length}`} role="img" aria-label={label}>
      <path d={path} />
    </svg>
  );
}
