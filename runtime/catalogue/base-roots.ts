// The root file systems that Dockerfiles of the catalogue begin with, as `FROM drydock/base:NAME`: what no Dockerfile can make.

import { EngineError } from '../errors.ts';

/** As canonical references have it. */
export const baseRepository = 'docker.io/drydock/base';

export type BaseRoot =
  /** A small Debian, made of its packages. With `manuals` it keeps their manual pages, and is set up as a machine, not as a container. */
  | { readonly kind: 'debian'; readonly suite: string; readonly manuals: boolean }
  /** The machine's own static busybox, with a name for each of its programs. */
  | { readonly kind: 'busybox' };

const suites = ['bullseye', 'bookworm', 'trixie', 'forky', 'sid'];
const withManuals = '-with-manuals';

/** `trixie`, `trixie-with-manuals`, `busybox`. Throws invalid for another name. */
export function baseRootNamed(name: string): BaseRoot {
  if (name === 'busybox') return { kind: 'busybox' };
  const manuals = name.endsWith(withManuals);
  const suite = manuals ? name.slice(0, -withManuals.length) : name;
  if (suites.includes(suite)) return { kind: 'debian', suite, manuals };
  throw new EngineError(
    'invalid',
    `there is no drydock/base:${name}: there are busybox, and of Debian ${suites.join(', ')}, each also with the ending ${withManuals}`,
  );
}
