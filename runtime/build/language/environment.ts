// The environment of a stage: variables in the order in which they were last set. Each step keeps the list as it was, which
// costs nothing: a list is its last variable and the list before.

export interface EnvironmentList {
  readonly before: EnvironmentList | null;
  readonly name: string;
  readonly value: string;
}

/** `NAME=value`, each name once. Null is an empty environment. */
export function environmentOf(list: EnvironmentList | null): string[] {
  const seen = new Set<string>();
  const variables: string[] = [];
  for (let entry = list; entry; entry = entry.before) {
    if (seen.has(entry.name)) continue;
    seen.add(entry.name);
    variables.push(`${entry.name}=${entry.value}`);
  }
  return variables.reverse();
}

/** The environment while a stage is planned. */
export class Environment {
  #list: EnvironmentList | null;
  readonly #values: Map<string, string>;

  /** Begins as `parent` is now. */
  constructor(parent?: Environment) {
    this.#list = parent?.list ?? null;
    this.#values = new Map(parent?.values);
  }

  get list(): EnvironmentList | null {
    return this.#list;
  }

  /** In the order in which they were last set. */
  get values(): ReadonlyMap<string, string> {
    return this.#values;
  }

  set(name: string, value: string): void {
    this.#list = { before: this.#list, name, value };
    this.#values.delete(name);
    this.#values.set(name, value);
  }
}
