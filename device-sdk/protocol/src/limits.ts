/** What a decoder takes and an encoder makes at most. */
export interface Limits {
  /** The longest frame, in bytes of CBOR. */
  maxBytes: number;
  /** The deepest nesting; the frame itself is level 1. */
  maxDepth: number;
  /** The most items: each integer, text, array and so on is one, keys too. */
  maxItems: number;
}

/** What is taken where nothing else is said: a gateway's depth, and lengths that no session is to go beyond. */
export const DEFAULT_LIMITS: Limits = { maxBytes: 65_535, maxDepth: 16, maxItems: 4_096 };

export function withDefaults(limits: Partial<Limits> | undefined): Limits {
  return limits === undefined ? DEFAULT_LIMITS : { ...DEFAULT_LIMITS, ...limits };
}
