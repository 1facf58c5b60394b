/** One argument of a message, by its type tag; `[` is an array, which has no bytes of its own. */
export type OscArgument =
  /** `i`: an int32. `f`: a float32. `d`: a float64. `r`: a colour, a byte each of red, green, blue and opacity, as a uint32. */
  | { readonly type: 'i' | 'f' | 'd' | 'r'; readonly value: number }
  /** `h`: an int64. `t`: a time tag as it is written, see time-tag.ts. */
  | { readonly type: 'h' | 't'; readonly value: bigint }
  /** `c`: one character. */
  | { readonly type: 's' | 'S' | 'c'; readonly value: string }
  /** `m`: a MIDI message: port, status and two bytes of data. */
  | { readonly type: 'b' | 'm'; readonly value: Uint8Array }
  /** True, false, nil, and `I`: infinitum in OSC 1.0, an impulse in 1.1. */
  | { readonly type: 'T' | 'F' | 'N' | 'I' }
  | { readonly type: '['; readonly values: readonly OscArgument[] };
