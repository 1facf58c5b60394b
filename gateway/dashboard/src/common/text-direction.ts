import { options } from 'preact';

/** Characters that turn the direction of the text behind them, so that a name can look like another one. */
const TURNS = /[\u202A-\u202E\u2066-\u2069]/g;

/** A text in which such characters are written out. */
export function withoutTurns(text: string): string {
  return text.replace(TURNS, (turn) => `\\u${turn.charCodeAt(0).toString(16)}`);
}

// Names and messages come from strangers, and are shown in a hundred places: so this is done wherever the page shows a text.
const before = options.vnode;
options.vnode = (node) => {
  const text: { type: unknown; props: unknown } = node;
  if (text.type === null && typeof text.props === 'string') text.props = withoutTurns(text.props);
  before?.(node);
};
