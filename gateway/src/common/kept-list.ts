/** A list that people make in the dashboard, on disk. `storage/list-file.ts` is one. */
export interface KeptList {
  /** What was saved last; undefined: nothing. `setAside`: the file that cannot be read was renamed to this. */
  load(): Promise<{ list: readonly unknown[] } | { setAside: string } | undefined>;
  /** Replaces all of it as a whole. */
  save(list: readonly object[]): Promise<void>;
}
