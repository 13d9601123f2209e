// `--mount`, as `HostConfig.Mounts` has it, by moby's rules (`volume/mounts/linux_parser.go`).

import { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { maxLabels } from '../../limits.ts';
import { mapOf } from '../bounded.ts';
import { goObject } from '../go-object.ts';
import { checkAbsolute, checkDestination, cleanPath } from './destination.ts';
import { type MountPoint, plainMount, type ReadOnly } from './mount-point.ts';
import { defaultPropagation, propagations } from './volume-spec.ts';

const text = z.string().max(4096).nullish();
const flag = z.boolean().nullish();
const whole = z.number().int().nullish();
const map = mapOf(z.string().max(4096), maxLabels).nullish();

/** In the order of moby's structs, which is the order of `docker inspect`. */
export const mountSchema = goObject({
  Type: text,
  Source: text,
  Target: text,
  ReadOnly: flag,
  Consistency: text,
  BindOptions: goObject({
    Propagation: text,
    NonRecursive: flag,
    CreateMountpoint: flag,
    ReadOnlyNonRecursive: flag,
    ReadOnlyForceRecursive: flag,
  }).nullish(),
  VolumeOptions: goObject({
    NoCopy: flag,
    Labels: map,
    Subpath: text,
    DriverConfig: goObject({ Name: text, Options: map }).nullish(),
  }).nullish(),
  ImageOptions: goObject({ Subpath: text }).nullish(),
  TmpfsOptions: goObject({
    SizeBytes: whole,
    Mode: whole,
    Options: z
      .array(z.array(z.string().max(80)).max(3))
      .max(16)
      .nullish(),
  }).nullish(),
  ClusterOptions: goObject({}).nullish(),
});

/** One of `Mounts`, as it was sent. */
export type MountSpec = z.infer<typeof mountSchema>;

/** What inspect shows: Go leaves out what is empty. */
export function shownSpec(spec: MountSpec): object {
  const full = (value: unknown): boolean =>
    value !== null && value !== undefined && value !== '' && value !== false && value !== 0;
  const withoutEmpty = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, each]) => full(each))
        .map(([key, each]) => [key, withoutEmpty(each)]),
    );
  };
  return withoutEmpty(spec) as object;
}

function invalid(message: string): EngineError {
  return new EngineError('invalid', message);
}

const missing = (field: string) => invalid(`field ${field} must not be empty`);
const extra = (field: string) => invalid(`field ${field} must not be specified`);

/** Throws invalid where the path leads out of where it begins, as Go's `filepath.IsLocal` has it. */
function checkSubpath(subpath: string): void {
  const clean = cleanPath(subpath);
  if (subpath.startsWith('/') || subpath.includes('\0') || clean === '..' || clean.startsWith('../'))
    throw invalid('subpath must be a relative path within the volume');
}

/** `size=64m,mode=1777`, in moby's order and units. Throws invalid. */
function tmpfsOptions(spec: MountSpec): string {
  const { SizeBytes: size, Mode: mode, Options: more } = spec.TmpfsOptions ?? {};
  const words = spec.ReadOnly ? ['ro'] : [];
  if (mode) {
    if (mode < 0 || mode > 0o7777) throw invalid(`invalid mode: ${mode}`);
    words.push(`mode=${mode.toString(8)}`);
  }
  if (size) {
    if (size < 0) throw invalid(`invalid size: ${size}`);
    const [unit = '', bytes = 1] =
      (
        [
          ['g', 2 ** 30],
          ['m', 2 ** 20],
          ['k', 2 ** 10],
        ] as const
      ).find(([, each]) => size % each === 0) ?? [];
    words.push(`size=${size / bytes}${unit}`);
  }
  for (const option of more ?? []) {
    if (option.length < 1 || option.length > 2) throw invalid('invalid option array length');
    if (option[0] !== 'exec' && option[0] !== 'noexec') throw invalid(`invalid option: ${option[0]}`);
    words.push(option.join('='));
  }
  return words.join(',');
}

function readOnlyOf({ ReadOnly, BindOptions }: MountSpec): ReadOnly {
  if (!ReadOnly) return 'no';
  return BindOptions?.NonRecursive || BindOptions?.ReadOnlyNonRecursive ? 'top' : 'all';
}

type Kind = (spec: MountSpec, source: string) => Omit<MountPoint, 'destination' | 'readOnly'>;

const kinds: Readonly<Record<string, Kind>> = {
  bind(spec, source) {
    const { Propagation: given, NonRecursive, CreateMountpoint } = spec.BindOptions ?? {};
    if (source === '') throw missing('Source');
    if (given && !propagations.has(given)) throw invalid(`invalid propagation mode: ${given.slice(0, 80)}`);
    checkAbsolute(source);
    return {
      ...plainMount,
      type: 'bind',
      source: cleanPath(source),
      propagation: given || defaultPropagation,
      makesSource: CreateMountpoint ?? false,
      topOnly: NonRecursive ?? false,
    };
  },
  volume(spec, source) {
    const { Subpath: subpath, NoCopy } = spec.VolumeOptions ?? {};
    if (subpath && source === '') throw invalid('must not set Subpath when using anonymous volumes');
    if (subpath) checkSubpath(subpath);
    if (spec.ReadOnly && source === '') throw invalid('must not set ReadOnly mode when using anonymous volumes');
    const copies = !NoCopy;
    return {
      ...plainMount,
      type: 'volume',
      name: source,
      mode: 'z',
      anonymous: source === '',
      copies,
      subpath: subpath ?? '',
    };
  },
  tmpfs(spec, source) {
    if (source !== '') throw extra('Source');
    return { ...plainMount, type: 'tmpfs', options: tmpfsOptions(spec) };
  },
  image(spec, source) {
    if (source === '') throw missing('Source');
    const subpath = spec.ImageOptions?.Subpath ?? '';
    if (subpath) checkSubpath(subpath);
    return { ...plainMount, type: 'image', name: source, propagation: defaultPropagation, subpath };
  },
};

const optionKeys = [
  ['BindOptions', 'bind'],
  ['VolumeOptions', 'volume'],
  ['ImageOptions', 'image'],
  ['TmpfsOptions', 'tmpfs'],
  ['ClusterOptions', 'cluster'],
] as const;

/** What one of `HostConfig.Mounts` says. Throws invalid, in moby's words. */
export function parseMountSpec(spec: MountSpec): MountPoint {
  const type = spec.Type ?? '';
  for (const [key, of] of optionKeys)
    if (spec[key] && type !== of && Object.hasOwn(kinds, type))
      throw invalid(`${key} must not be specified on mount type ${JSON.stringify(type)}`);
  try {
    const target = spec.Target ?? '';
    if (target === '') throw missing('Target');
    checkDestination(target);
    const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined;
    if (!kind) throw invalid('mount type unknown');
    const point = kind(spec, spec.Source ?? '');
    return { ...point, destination: cleanPath(target), readOnly: type === 'image' ? 'all' : readOnlyOf(spec) };
  } catch (error) {
    throw invalidMount(type, error);
  }
}

/** As moby says what is wrong with a mount. */
export function invalidMount(type: string, error: unknown): EngineError {
  const why = error instanceof Error ? error.message : String(error);
  const kind = error instanceof EngineError ? error.kind : 'invalid';
  return new EngineError(kind, `invalid mount config for type ${JSON.stringify(type.slice(0, 80))}: ${why}`, {
    cause: error,
  });
}
