// Steps that do the same are one step: the base of two stages, or a command that two stages begin with.

import type { EnvironmentList } from '../environment.ts';
import { type CopyAction, type FileAction, type RunMount, type Step, stepsOf, type Tree } from '../steps.ts';

/** Numbers for what is the same. */
class Numbers {
  readonly #byKey = new Map<string, number>();

  of(key: string): number {
    const known = this.#byKey.get(key) ?? this.#byKey.size;
    this.#byKey.set(key, known);
    return known;
  }
}

class Merger {
  readonly #keys = new Numbers();
  readonly #environments = new Map<EnvironmentList, number>();
  readonly #merged = new Map<Step, Step>();
  readonly #byNumber = new Map<number, Step>();
  /** What stands for a merged step in the keys of others. */
  readonly #signs = new Map<unknown, string>();

  /** The same number for what was set in the same order. */
  #environment(list: EnvironmentList | null): number {
    const open: EnvironmentList[] = [];
    let entry = list;
    for (; entry && !this.#environments.has(entry); entry = entry.before) open.push(entry);
    let number = entry ? (this.#environments.get(entry) ?? -1) : -1;
    for (const { before: _before, name, value } of open.toReversed())
      number = this.#keys.of(JSON.stringify([number, name, value]));
    if (list) this.#environments.set(list, number);
    return number;
  }

  tree(tree: Tree): Tree {
    return tree && (this.#merged.get(tree) ?? tree);
  }

  #mount(mount: RunMount): RunMount {
    return mount.type === 'bind' || mount.type === 'cache' ? { ...mount, from: this.tree(mount.from) } : mount;
  }

  #action(action: FileAction): FileAction {
    return action.kind === 'copy' ? ({ ...action, from: this.tree(action.from) } satisfies CopyAction) : action;
  }

  /** With its inputs merged. */
  #linked(step: Step): Step {
    if (step.kind === 'run')
      return { ...step, base: this.tree(step.base), mounts: step.mounts.map((mount) => this.#mount(mount)) };
    if (step.kind === 'files')
      return { ...step, base: this.tree(step.base), actions: step.actions.map((action) => this.#action(action)) };
    return step;
  }

  /** The number of a step by what it does, not by what it is called. */
  #number(step: Step): number {
    const { name: _name, instruction: _instruction, location: _location, ignoreCache: _ignore, ...work } = step;
    const environment = work.kind === 'run' ? this.#environment(work.environment) : null;
    const proxies = work.kind === 'run' ? [...work.proxies] : null;
    const key = JSON.stringify(
      [{ ...work, environment, proxies }],
      (_, value: unknown) => this.#signs.get(value) ?? value,
    );
    return this.#keys.of(key);
  }

  add(step: Step): void {
    const linked = this.#linked(step);
    const number = this.#number(linked);
    const same = this.#byNumber.get(number);
    if (!same) {
      this.#byNumber.set(number, linked);
      this.#signs.set(linked, `step ${number}`);
      this.#merged.set(step, linked);
      return;
    }
    // As in BuildKit, the last one gives the name.
    const { name, instruction, location, ignoreCache } = step;
    Object.assign(same, { name, instruction, location, ignoreCache: same.ignoreCache || ignoreCache });
    this.#merged.set(step, same);
  }
}

export function mergeSteps(result: Tree): Tree {
  const merger = new Merger();
  for (const step of stepsOf(result)) merger.add(step);
  return merger.tree(result);
}
