// What a target can be given: build arguments, secrets and SSH keys. For `docker build --call outline`.

import type { Argument } from '../instructions.ts';
import type { Location } from '../source.ts';

export interface OutlinedArgument {
  readonly definition: Argument;
  readonly value: string;
  /** Arguments that its value names. */
  readonly needs: ReadonlySet<string>;
  readonly location: Location;
}

export interface OutlinedNeed {
  readonly required: boolean;
  readonly location: Location;
}

export class Outline {
  readonly known: Map<string, OutlinedArgument>;
  readonly used: Set<string>;
  readonly secrets: Map<string, OutlinedNeed>;
  readonly ssh: Map<string, OutlinedNeed>;

  constructor(from?: Outline) {
    this.known = new Map(from?.known);
    this.used = new Set(from?.used);
    this.secrets = new Map(from?.secrets);
    this.ssh = new Map(from?.ssh);
  }

  copy(): Outline {
    return new Outline(this);
  }

  /** The names of all arguments that are used, or that one which is used names. */
  allUsed(): ReadonlySet<string> {
    const all = new Set(this.used);
    for (const name of all) for (const other of this.known.get(name)?.needs ?? []) all.add(other);
    return all;
  }
}
