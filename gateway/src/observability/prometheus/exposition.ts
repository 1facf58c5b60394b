import {
  Counter,
  Gauge,
  Histogram,
  type OpenMetricsContentType,
  type PrometheusContentType,
  Registry,
} from 'prom-client';
import type { Buckets, Family } from '../metrics.ts';
import { addProcessMetrics, watchGarbage } from './process-metrics.ts';

/** The forms in which Prometheus reads: its own, and OpenMetrics. */
export type Form = 'text' | 'openMetrics';

export interface ExposedText {
  contentType: string;
  body: string;
}

/** What all gateways count, as `MetricsRegistry` has it. */
export interface Counted {
  families(): Family[];
}

/**
 * All that a gateway counts and what is usual of its process, as Prometheus reads it, written by prom-client. Counting goes past prom-client,
 * which would look up the labels for each message: its metrics read ours when somebody asks for them.
 */
export class Exposition {
  readonly #counted: Counted;
  readonly #garbage = watchGarbage();
  /** As they are read just now: gauges may be made known again. */
  #families = new Map<string, Family>();
  readonly #registries = new Map<Form, Registry<PrometheusContentType | OpenMetricsContentType>>();

  constructor(counted: Counted) {
    this.#counted = counted;
  }

  /** Everything as it is now. */
  async read(form: Form): Promise<ExposedText> {
    const registry = this.#registryOf(form);
    this.#families = new Map(this.#counted.families().map((family) => [family.name, family]));
    for (const { name, help, type, labels } of this.#families.values()) {
      if (registry.getSingleMetric(name) !== undefined) continue;
      registry.registerMetric(this.#reader({ name, help, labelNames: [...labels], registers: [] }, type));
    }
    return { contentType: registry.contentType, body: await registry.metrics() };
  }

  /** A registry for each form: prom-client changes the names of counters for OpenMetrics. */
  #registryOf(form: Form): Registry<PrometheusContentType | OpenMetricsContentType> {
    let registry = this.#registries.get(form);
    if (registry === undefined) {
      registry = new Registry<PrometheusContentType | OpenMetricsContentType>();
      registry.setContentType(form === 'text' ? Registry.PROMETHEUS_CONTENT_TYPE : Registry.OPENMETRICS_CONTENT_TYPE);
      addProcessMetrics(registry);
      registry.registerMetric(this.#garbage);
      this.#registries.set(form, registry);
    }
    return registry;
  }

  /** What reads a family of ours. */
  #reader(
    options: { name: string; help: string; labelNames: string[]; registers: [] },
    type: Family['type'],
  ): Counter | Gauge | Histogram {
    const { name } = options;
    const find = (): Family | undefined => this.#families.get(name);
    if (type === 'histogram') return new ReadHistogram(options, () => find()?.buckets?.());
    if (type === 'gauge') {
      return new Gauge({
        ...options,
        collect() {
          this.reset();
          for (const { labels, value } of find()?.samples() ?? []) this.set(labels, value);
        },
      });
    }
    return new Counter({
      ...options,
      collect() {
        this.reset();
        for (const { labels, value } of find()?.samples() ?? []) this.inc(labels, value);
      },
    });
  }
}

/** A histogram that is kept elsewhere; prom-client's own can only be added to. */
class ReadHistogram extends Histogram {
  readonly #read: () => Buckets | undefined;
  readonly #name: string;

  constructor(options: { name: string; help: string; registers: [] }, read: () => Buckets | undefined) {
    super({ ...options, buckets: [...(read()?.bounds ?? [])] });
    this.#read = read;
    this.#name = options.name;
  }

  /** What prom-client asks for when it writes. */
  async getForPromString(): Promise<object> {
    const { bounds = [], counts = [], sum = 0 } = this.#read() ?? {};
    let count = 0;
    const values: object[] = counts.map((each, at) => {
      count += each;
      return { metricName: `${this.#name}_bucket`, labels: { le: bounds[at] ?? '+Inf' }, value: count };
    });
    values.push({ metricName: `${this.#name}_sum`, labels: {}, value: sum });
    values.push({ metricName: `${this.#name}_count`, labels: {}, value: count });
    return { ...describe(this), values };
  }
}

function describe(metric: Histogram): object {
  const { name, help } = metric as Histogram & { name: string; help: string };
  return { name, help, type: 'histogram' };
}
