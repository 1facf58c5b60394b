const MAX_NAME_BYTES = 255;
/** Control characters, marks of direction (they can make `txt.exe` look like `exe.txt`), and what means more than a name to some system. */
const UNFIT = /[<>:"|?*\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/gu;
/** To Windows these are devices, whatever follows the first dot, and with blanks in front of it too. */
const DEVICE = /^(?:con|conin\$|conout\$|prn|aux|nul|(?:com|lpt)[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i;
const EXTENSION = /\.[^. ]{1,16}$/u;

/**
 * What something can be saved as on every system, of what its sender called it: the last part of a path, with an underscore in
 * place of what could do harm, and at most 255 bytes. The first text that leaves a name is taken, or `file`.
 */
export function fileNameOf(...texts: (string | undefined)[]): string {
  for (const text of texts) {
    const name = text === undefined ? '' : harmless(text);
    if (name !== '') return name;
  }
  return 'file';
}

function harmless(path: string): string {
  const last = path.split(/[/\\]/).findLast((part) => part !== '') ?? '';
  const name = last.replace(UNFIT, '_').trim();
  // What is cut may end as the name of a device.
  const fitting = shortened(withoutEnd(name).replace(/^\./, '_'));
  return DEVICE.test(fitting) ? shortened(`_${fitting}`) : fitting;
}

/** Windows drops dots and blanks at the end. */
function withoutEnd(name: string): string {
  let end = name.length;
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--;
  return name.slice(0, end);
}

/** Cut in front of the extension, between two characters. */
function shortened(name: string): string {
  const encoder = new TextEncoder();
  let leftBytes = MAX_NAME_BYTES - encoder.encode(name).length;
  if (leftBytes >= 0) return name;
  const extension = EXTENSION.exec(name)?.[0] ?? '';
  const characters = [...name.slice(0, name.length - extension.length)];
  while (leftBytes < 0 && characters.length > 0) leftBytes += encoder.encode(characters.pop()).length;
  return withoutEnd(characters.join('')) + extension;
}
