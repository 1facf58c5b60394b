/** Colours for a terminal; plain text for everything else. */
const enabled = process.stdout.isTTY && !process.env.NO_COLOR;

/**
 * @param {number} code
 * @returns {(text: string) => string}
 */
const paint = (code) => (text) => (enabled ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);
