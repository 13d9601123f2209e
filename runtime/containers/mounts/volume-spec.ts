// `-v SOURCE:DESTINATION:MODE`, as `HostConfig.Binds` and `VolumesFrom` have it, by moby's rules (`volume/mounts/linux_parser.go`).

import { EngineError } from '../../errors.ts';
import { checkAbsolute, checkDestination, cleanPath } from './destination.ts';
import { type MountPoint, plainMount, type ReadOnly } from './mount-point.ts';

export const propagations: ReadonlySet<string> = new Set([
  'private',
  'rprivate',
  'slave',
  'rslave',
  'shared',
  'rshared',
]);
export const defaultPropagation = 'rprivate';

/** Of each at most one. */
const modes: readonly ReadonlySet<string>[] = [
  new Set(['rw', 'ro']),
  new Set(['z', 'Z']),
  propagations,
  new Set(['nocopy']),
  new Set(['consistent', 'cached', 'delegated']),
];

function isMode(text: string): boolean {
  if (text === '') return true;
  const words = text.split(',');
  const counts = modes.map((known) => words.filter((word) => known.has(word)).length);
  return counts.every((count) => count <= 1) && counts.reduce((sum, count) => sum + count) === words.length;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

const shown = (text: string): string => text.slice(0, 300).replaceAll('\0', '?');

function readOnlyOf(words: readonly string[]): ReadOnly {
  return words.includes('ro') ? 'all' : 'no';
}

/** Docker says 500 of what is wrong with a `-v`. */
function refused(message: string): EngineError {
  return new EngineError('refused', message);
}

/** What one of `HostConfig.Binds` says. Throws refused, in moby's words. */
export function parseVolumeSpec(spec: string): MountPoint {
  const parts = spec.split(':');
  const [first = '', second, third = ''] = parts;
  if (first === '' || parts.length > 3 || (parts.length === 2 && isMode(second ?? '')))
    throw refused(`invalid volume specification: '${shown(spec)}'`);
  if (!isMode(third)) throw refused(`invalid mode: ${shown(third)}`);
  const source = second === undefined ? '' : first;
  const target = second ?? first;
  const type = source.startsWith('/') ? 'bind' : 'volume';
  const words = third.split(',');
  const propagation = words.find((word) => propagations.has(word));
  try {
    if (target === '') throw new EngineError('invalid', 'field Target must not be empty');
    checkDestination(target);
    if (type === 'bind') checkAbsolute(source);
    if (type === 'bind' && words.includes('nocopy')) throw invalid('field VolumeOptions must not be specified');
    if (type === 'volume' && propagation !== undefined) throw invalid('field BindOptions must not be specified');
    if (type === 'volume' && source === '' && readOnlyOf(words) !== 'no')
      throw invalid('must not set ReadOnly mode when using anonymous volumes');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refused(`invalid volume specification: '${shown(spec)}': invalid mount config for type "${type}": ${why}`);
  }
  const common = {
    ...plainMount,
    type,
    destination: cleanPath(target),
    mode: third,
    readOnly: readOnlyOf(words),
  } as const;
  if (type === 'bind')
    return { ...common, source: cleanPath(source), propagation: propagation ?? defaultPropagation, makesSource: true };
  // No path, so it is shared by whoever knows its name: `z`.
  const copies = !words.includes('nocopy');
  return { ...common, name: source, mode: third || 'z', copies, anonymous: source === '' };
}

/** What one of `HostConfig.VolumesFrom` says. Throws invalid, in moby's words. */
export function parseVolumesFrom(spec: string): { readonly container: string; readonly readOnly: boolean } {
  if (spec === '') throw invalid('volumes-from specification cannot be an empty string');
  const [container = '', ...rest] = spec.split(':');
  const mode = rest.join(':');
  const words = mode.split(',');
  if (!isMode(mode) || words.some((word) => propagations.has(word) || word === 'nocopy'))
    throw invalid(`invalid mode: ${shown(mode)}`);
  return { container, readOnly: readOnlyOf(words) !== 'no' };
}
