// Numbers as the bench tells them: samples, percentiles, and a table with what was to be reached.

export interface Figure {
  readonly name: string;
  readonly unit: 'ms' | 'MB' | 'times' | 'times faster' | '% of a CPU';
  /** Sorted. */
  readonly samples: readonly number[];
  /** What is compared with the goal. */
  readonly value: number;
  readonly goal: { readonly most?: number; readonly least?: number } | null;
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function timing(name: string, samples: readonly number[], mostMs: number | null = null, share = 0.95): Figure {
  const sorted = [...samples].sort((a, b) => a - b);
  const goal = mostMs === null ? null : { most: mostMs };
  return { name, unit: 'ms', samples: sorted, value: percentile(sorted, share), goal };
}

/** How many times faster ours is, pair by pair; the median counts. */
export function ratio(name: string, theirs: readonly number[], ours: readonly number[], least: number | null): Figure {
  const pairs = ours.map((own, index) => (theirs[index] ?? Number.NaN) / own).sort((a, b) => a - b);
  return {
    name,
    unit: 'times faster',
    samples: pairs,
    value: percentile(pairs, 0.5),
    goal: least === null ? null : { least },
  };
}

/** Ours, theirs where there are any, and how many times faster ours is; `least` is null where nothing is asked of that. */
export function besideTheirs(
  name: string,
  ours: readonly number[],
  theirs: readonly number[],
  least: number | null,
): Figure[] {
  const alone = [timing(name, ours, null, 0.5)];
  if (theirs.length === 0) return alone;
  return [...alone, timing('  the same, dockerd', theirs, null, 0.5), ratio(`  ratio: ${name}`, theirs, ours, least)];
}

export function amount(name: string, megabytes: number, mostMb: number | null): Figure {
  const goal = mostMb === null ? null : { most: mostMb };
  return { name, unit: 'MB', samples: [megabytes], value: megabytes, goal };
}

/** How many times as much; one measurement. */
export function growth(name: string, value: number, most: number | null): Figure {
  return { name, unit: 'times', samples: [value], value, goal: most === null ? null : { most } };
}

/** Percent of one CPU. */
export function load(name: string, percent: number, most: number | null): Figure {
  return { name, unit: '% of a CPU', samples: [percent], value: percent, goal: most === null ? null : { most } };
}

export function reached(figure: Figure): boolean | null {
  if (!figure.goal) return null;
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = figure.goal;
  return figure.value <= most && figure.value >= least;
}

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2));

function goalText(figure: Figure): string {
  if (figure.goal?.most !== undefined) return `at most ${figure.goal.most} ${figure.unit}`;
  if (figure.goal?.least !== undefined) return `at least ${figure.goal.least} ${figure.unit}`;
  return '';
}

export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const verdict = { true: 'reached', false: 'MISSED', null: '' }[
      String(reached(figure)) as 'true' | 'false' | 'null'
    ];
    const { samples } = figure;
    const spread =
      samples.length > 1 ? [percentile(samples, 0), percentile(samples, 0.5), percentile(samples, 0.95)] : [];
    return [
      figure.name,
      ...['', '', ''].map((_, at) => (spread[at] === undefined ? '' : number(spread[at]))),
      number(figure.value),
      figure.unit,
      goalText(figure),
      verdict,
    ];
  });
  const all = [['figure', 'min', 'p50', 'p95', 'counts', 'unit', 'to reach', ''], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
