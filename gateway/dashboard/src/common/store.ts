import { useEffect, useState } from 'preact/hooks';

/** A value that several parts of the page show, and that says when it is another one. */
export class Store<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Takes another value, and tells all that listen. The same value again is no news. */
  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener();
  }

  /** Calls `listener` after each change, until what is returned is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The value of a store; the component is drawn again when it changes. */
export function useStore<T>(store: Store<T>): T {
  const [, redraw] = useState(0);
  useEffect(() => {
    const seen = store.value;
    const unsubscribe = store.subscribe(() => redraw((count) => count + 1));
    // It may have changed between the drawing and now.
    if (!Object.is(seen, store.value)) redraw((count) => count + 1);
    return unsubscribe;
  }, [store]);
  return store.value;
}
