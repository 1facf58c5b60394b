/** What a person chose in this browser, such as a language. null: nothing, or the browser keeps nothing. */
export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(`crosscomm.${name}`);
  } catch {
    return null;
  }
}

/** Remembers a choice in this browser, if it keeps anything; null forgets it. */
export function writePreference(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`crosscomm.${name}`);
    else localStorage.setItem(`crosscomm.${name}`, value);
  } catch {
    // A private window keeps nothing, and the choice is good for as long as the page is open.
  }
}
