// One thing that `drydock doctor` looked at.

export interface Finding {
  /** What was looked at, in a word or two. */
  readonly name: string;
  /** `lacking` where Drydock cannot run so, `poor` where it can but something is lost. */
  readonly state: 'good' | 'poor' | 'lacking';
  /** What there is. */
  readonly found: string;
  /** Where it is not good: what that costs and what to do, in sentences; else empty. */
  readonly advice: string;
}

export function good(name: string, found: string): Finding {
  return { name, state: 'good', found, advice: '' };
}

export function poor(name: string, found: string, advice: string): Finding {
  return { name, state: 'poor', found, advice };
}

export function lacking(name: string, found: string, advice: string): Finding {
  return { name, state: 'lacking', found, advice };
}
