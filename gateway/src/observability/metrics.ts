import type { FamilySpec, Histogram, Labels, Members, Metrics, ReadGauge } from '../common/metrics.ts';
import { Counter, Gauge } from '../common/metrics.ts';

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** A number that is counted, with the labels that tell it from others of its family. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a histogram has seen; `counts` are those up to each bound and above the one before, the last beyond all bounds. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A family as readers of the registry see it. Its numbers are read when they are asked for. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly unit: 'bytes' | 'seconds' | undefined;
  readonly type: MetricType;
  readonly labels: readonly string[];
  /** Empty for a histogram. */
  samples(): Sample[];
  /** Of a histogram alone. */
  buckets?(): Buckets;
}

/**
 * How many members a family may have. What has labels is a fault of ours where it comes to more; it costs neither memory
 * nor a scrape, as all further ones are counted together.
 */
const MAX_MEMBERS = 500;
const OTHER = 'other';

/** All that one gateway counts, by family. */
export class MetricsRegistry implements Metrics {
  readonly #families = new Map<string, Family & { parts: unknown }>();

  /** Every family, in the order in which they were made known. */
  families(): Family[] {
    return [...this.#families.values()];
  }

  /** The value of a member: 0 where nothing was counted yet. For histograms, how often anything was observed. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const family = this.#families.get(name);
    if (family === undefined) throw new Error(`nothing is counted as ${name}`);
    const buckets = family.buckets?.();
    if (buckets !== undefined) return buckets.counts.reduce((sum, count) => sum + count, 0);
    const wanted = Object.entries(labels);
    const found = family.samples().filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value));
    return found.reduce((sum, { value }) => sum + value, 0);
  }

  counter(spec: FamilySpec): Counter {
    return this.#members(spec, 'counter', Counter).of({});
  }

  counters<Label extends string>(spec: FamilySpec<Label>): Members<Label, Counter> {
    return this.#members(spec, 'counter', Counter);
  }

  gauges<Label extends string>(spec: FamilySpec<Label>): Members<Label, Gauge> {
    return this.#members(spec, 'gauge', Gauge);
  }

  gauge<Label extends string = never>(spec: FamilySpec<Label>, read: ReadGauge<Label>): void {
    const samples = (): Sample[] => {
      const values = read();
      if (typeof values === 'number') return known(values);
      return Array.from(values, ([labels, value]) => ({ labels, value }));
    };
    this.#families.delete(spec.name);
    this.#add(spec, 'gauge', () => ({ samples, parts: read }));
  }

  readCounter(spec: FamilySpec, read: () => number): void {
    const samples = (): Sample[] => known(read());
    this.#families.delete(spec.name);
    this.#add(spec, 'counter', () => ({ samples, parts: read }));
  }

  histogram(spec: FamilySpec, bounds: readonly number[]): Histogram {
    return this.#add(spec, 'histogram', () => {
      const histogram = new Tally(bounds);
      return { samples: () => [], buckets: () => histogram.buckets(), parts: histogram };
    });
  }

  #members<Label extends string, Member extends { value: number }>(
    spec: FamilySpec<Label>,
    type: MetricType,
    Member: new () => Member,
  ): Members<Label, Member> {
    return this.#add(spec, type, () => {
      const members = new Table<Label, Member>(spec.labels ?? [], Member);
      return { samples: () => Array.from(members, ([labels, { value }]) => ({ labels, value })), parts: members };
    });
  }

  /** Makes a family known, unless it is; returns what it is counted with. */
  #add<Parts>(
    spec: FamilySpec<string>,
    type: MetricType,
    create: () => Pick<Family, 'samples' | 'buckets'> & { parts: Parts },
  ): Parts {
    const { name, help, unit, labels = [] } = spec;
    const known = this.#families.get(name);
    if (known !== undefined) {
      if (known.type !== type || known.help !== help || String(known.labels) !== String(labels)) {
        throw new Error(`two different things are counted as ${name}`);
      }
      return known.parts as Parts;
    }
    const fault = faultOf(spec, type);
    if (fault !== undefined) throw new Error(`${name} ${fault}`);
    const made = create();
    this.#families.set(name, { name, help, unit, type, labels, ...made });
    return made.parts;
  }
}

/** A number that is known; NaN is none. */
function known(value: number): Sample[] {
  return Number.isNaN(value) ? [] : [{ labels: {}, value }];
}

/** What is wrong with the name or the help of a family, as the end of a sentence. */
function faultOf({ name, help, unit }: FamilySpec<string>, type: MetricType): string | undefined {
  if (!/^crosscomm_[a-z][a-z0-9_]*$/.test(name)) return 'is no name of a metric';
  if (name.endsWith('_total') !== (type === 'counter')) return 'is a counter if it ends with _total, and only then';
  const base = name.replace(/_total$/, '');
  if (unit !== undefined && !base.endsWith(`_${unit}`)) return `does not end with its unit, ${unit}`;
  return help.length > 1 && help.endsWith('.') ? undefined : 'has no sentence of help';
}

/** The members of a family by the values of their labels. */
class Table<Label extends string, Member> implements Members<Label, Member> {
  readonly #names: readonly Label[];
  readonly #create: new () => Member;
  readonly #members = new Map<string, readonly [Labels<Label>, Member]>();

  constructor(names: readonly Label[], create: new () => Member) {
    this.#names = names;
    this.#create = create;
  }

  of(labels: Labels<Label>): Member {
    const key = this.#names.map((name) => labels[name]).join('\n');
    const known = this.#members.get(key);
    if (known !== undefined) return known[1];
    if (this.#members.size >= MAX_MEMBERS && !this.#names.every((name) => labels[name] === OTHER)) {
      return this.of(Object.fromEntries(this.#names.map((name) => [name, OTHER])) as Labels<Label>);
    }
    const member = new this.#create();
    this.#members.set(key, [labels, member]);
    return member;
  }

  [Symbol.iterator](): Iterator<readonly [Labels<Label>, Member]> {
    return this.#members.values();
  }
}

class Tally implements Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > (this.#bounds[at] as number)) at++;
    this.#counts[at] = (this.#counts[at] as number) + 1;
    this.#sum += value;
  }

  buckets(): Buckets {
    return { bounds: this.#bounds, counts: [...this.#counts], sum: this.#sum };
  }
}
