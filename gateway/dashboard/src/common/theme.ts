import { readPreference, writePreference } from './preference.ts';
import { Store } from './store.ts';

export type Theme = 'light' | 'dark';

const PREFERENCE = 'theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function chosen(): Theme | undefined {
  const saved = readPreference(PREFERENCE);
  return saved === 'light' || saved === 'dark' ? saved : undefined;
}

function current(): Theme {
  return chosen() ?? (system.matches ? 'dark' : 'light');
}

/** Which colours the page has: those of the system, until a person chooses others here. */
export const theme = new Store<Theme>(current());

function show(): void {
  theme.set(current());
  document.documentElement.dataset.theme = theme.value;
}

/** Changes from light to dark, or back, and remembers it. */
export function toggleTheme(): void {
  const next: Theme = theme.value === 'dark' ? 'light' : 'dark';
  writePreference(PREFERENCE, next === (system.matches ? 'dark' : 'light') ? null : next);
  show();
}

system.addEventListener('change', show);
show();
