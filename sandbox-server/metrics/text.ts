// Prometheus' text format, as far as we need it: gauges, counters and one histogram. prometheus.io/docs/instrumenting/exposition_formats
// Of our own because it is these forty lines; what labels hold is from fixed lists, never from a student.

export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** For a histogram the samples of its buckets, `_sum` and `_count`, named by `suffix`. */
  readonly samples: readonly (Sample & { readonly suffix?: string })[];
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

export function metricsText(metrics: readonly Metric[]): string {
  const lines = metrics.flatMap(({ name, help, type, samples }) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(({ labels = {}, value, suffix = '' }) => `${name}${suffix}${labelsOf(labels)} ${value}`),
  ]);
  return `${lines.join('\n')}\n`;
}

/** How often something took how long. */
export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;
  #count = 0;

  /** Upper bounds, in ascending order. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    for (const [place, bound] of this.#bounds.entries())
      if (value <= bound) this.#counts[place] = (this.#counts[place] ?? 0) + 1;
  }

  get samples(): Metric['samples'] {
    const buckets = this.#bounds.map((bound, place) => ({
      suffix: '_bucket',
      labels: { le: String(bound) },
      value: this.#counts[place] ?? 0,
    }));
    return [
      ...buckets,
      { suffix: '_bucket', labels: { le: '+Inf' }, value: this.#count },
      { suffix: '_sum', value: this.#sum },
      { suffix: '_count', value: this.#count },
    ];
  }
}
