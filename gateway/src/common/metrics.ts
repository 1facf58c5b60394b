/**
 * What the gateway counts. Every room is handed the registry as it is handed the log, and takes from it, once, what it counts with:
 * a `Counter` or a `Gauge` is a plain number to add to, so that counting costs a message nothing but that.
 */

/** Rises and never falls. */
export class Counter {
  value = 0;
}

/** Rises and falls. */
export class Gauge {
  value = 0;
}

/** Which one of a family: a value for each of its labels. */
export type Labels<Label extends string> = { readonly [label in Label]: string };

/** All that is counted under one name. */
export interface FamilySpec<Label extends string = never> {
  /**
   * As Prometheus has them: it begins with `crosscomm_`, ends with the unit, and a counter's with `_total` after that:
   * `crosscomm_upload_bytes_total`.
   */
  readonly name: string;
  /** One sentence that says what it is. */
  readonly help: string;
  /** A base unit; left out where the name itself is what is counted. */
  readonly unit?: 'bytes' | 'seconds';
  /**
   * What tells its members apart. The values of a label are few and the gateway's own: protocols, listeners, codes; never
   * what grows with clients or channels.
   */
  readonly labels?: readonly Label[];
}

/** How often something lay between bounds, as buckets. */
export interface Histogram {
  observe(value: number): void;
}

/** A gauge that somebody else keeps: read when it is asked for. With labels, each member's labels and value. */
export type ReadGauge<Label extends string> = [Label] extends [never]
  ? () => number
  : () => Iterable<readonly [labels: Labels<Label>, value: number]>;

/** A family with labels: a member each. Ask for a member once, not for each message. */
export interface Members<Label extends string, Member> {
  of(labels: Labels<Label>): Member;
  /** Those that there are, with their labels. */
  [Symbol.iterator](): Iterator<readonly [labels: Labels<Label>, member: Member]>;
}

/** Where what is counted is made known. The same family may be asked for again, and is the same then. */
export interface Metrics {
  counter(spec: FamilySpec): Counter;
  counters<Label extends string>(spec: FamilySpec<Label>): Members<Label, Counter>;
  gauges<Label extends string>(spec: FamilySpec<Label>): Members<Label, Gauge>;
  /** NaN is a number that cannot be known. `read` is called whenever somebody looks, and at no other time. Given again, the last one counts. */
  gauge<Label extends string = never>(spec: FamilySpec<Label>, read: ReadGauge<Label>): void;
  /** As `gauge`, of what never falls. */
  readCounter(spec: FamilySpec, read: () => number): void;
  /** `bounds` are the upper bounds of the buckets, rising; what is beyond the last counts too. */
  histogram(spec: FamilySpec, bounds: readonly number[]): Histogram;
}
