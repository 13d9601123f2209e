// `RUN --mount=type=cache,target=/x`: what may be mounted while a command runs.

import { csvFields } from './csv.ts';
import { cut, parseBoolean, parseUnsigned, quote } from './go-text.ts';
import { LanguageError, wrapped } from './source.ts';
import { withSuggestion } from './suggest.ts';

const types = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'] as const;
export type MountType = (typeof types)[number];
const sharings = ['shared', 'private', 'locked'] as const;
export type Sharing = (typeof sharings)[number];

const isType = (text: string): text is MountType => types.some((type) => type === text);
const isSharing = (text: string): text is Sharing => sharings.some((sharing) => sharing === text);

export interface Mount {
  readonly type: MountType;
  /** A stage, a named context or an image; empty for the build context. */
  readonly from: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  /** 0 for no limit. */
  readonly sizeBytes: number;
  /** The cache's, the secret's or the key's; empty for the default. */
  readonly id: string;
  readonly sharing: Sharing | null;
  readonly required: boolean;
  /** A secret's variable. */
  readonly env: string | null;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
}

/** In the order in which BuildKit looks for what was meant. */
const keys = [
  ...['type', 'from', 'source', 'target', 'readonly', 'id', 'sharing', 'required', 'size', 'mode', 'uid', 'gid'],
  ...['src', 'dst', 'destination', 'ro', 'rw', 'readwrite', 'env'],
];

type Draft = { -readonly [Key in keyof Mount]: Mount[Key] } & { isReadOnlySaid: boolean };

const units: Readonly<Record<string, number>> = { '': 0, b: 0, k: 1, m: 2, g: 3, t: 4, p: 5 };

/** `64m`, `1.5 GiB`; null where it is none. */
function parseSize(text: string): number | null {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?(b|[kmgtp])?(?:(?<=[kmgtp])i?b)?$/i.exec(text) ?? [];
  return number === '' ? null : Math.floor(Number(number) * 1024 ** (units[unit.toLowerCase()] ?? 0));
}

const invalidValue = (key: string, value: string) => new LanguageError(`invalid value for ${key}: ${value}`);
const unexpected = (key: string, { type }: Draft) =>
  new LanguageError(`unexpected key '${key}' for mount type '${type}'`);

function booleanOf(key: string, value: string | null): boolean {
  const parsed = value === null ? true : parseBoolean(value);
  if (parsed === null) throw invalidValue(key, value ?? '');
  return parsed;
}

function numberOf(key: string, value: string, base: 8 | 10): number {
  const parsed = parseUnsigned(value, base);
  if (parsed === null) throw new LanguageError(`invalid value ${value} for ${key}`);
  return parsed;
}

/** Applies one `key=value`; `value` is null where there is only a key. */
function apply(draft: Draft, key: string, value: string, hasValue: boolean, field: string): void {
  switch (key) {
    case 'readonly':
    case 'ro':
      draft.readOnly = booleanOf(key, hasValue ? value : null);
      draft.isReadOnlySaid = true;
      return;
    case 'readwrite':
    case 'rw':
      draft.readOnly = !booleanOf(key, hasValue ? value : null);
      draft.isReadOnlySaid = true;
      return;
    case 'required':
      if (draft.type !== 'secret' && draft.type !== 'ssh') throw unexpected(key, draft);
      draft.required = booleanOf(key, hasValue ? value : null);
      return;
  }
  if (!hasValue) throw new LanguageError(`invalid field '${field}' must be a key=value pair`);
  const lower = value.toLowerCase();
  switch (key) {
    case 'type':
      if (!isType(lower))
        throw new LanguageError(withSuggestion(`unsupported mount type ${quote(value)}`, value, types));
      draft.type = lower;
      return;
    case 'from':
    case 'source':
    case 'target':
    case 'id':
    case 'env':
      draft[key] = value;
      return;
    case 'src':
      draft.source = value;
      return;
    case 'dst':
    case 'destination':
      draft.target = value;
      return;
    case 'size': {
      if (draft.type !== 'tmpfs') throw unexpected(key, draft);
      const size = parseSize(value);
      if (size === null) throw invalidValue(key, value);
      draft.sizeBytes = size;
      return;
    }
    case 'sharing':
      if (!isSharing(lower))
        throw new LanguageError(withSuggestion(`unsupported sharing value ${quote(value)}`, value, sharings));
      draft.sharing = lower;
      return;
    case 'mode':
      draft.mode = numberOf(key, value, 8);
      return;
    case 'uid':
    case 'gid':
      draft[key] = numberOf(key, value, 10);
      return;
  }
  throw new LanguageError(withSuggestion(`unexpected key '${key}' in '${field}'`, key, keys));
}

function fieldsOf(text: string): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    throw wrapped('failed to parse csv mounts', error);
  }
}

/** What can be said of a mount before its variables are known: its values may have some, but `from` may not. Throws LanguageError. */
export function checkMount(text: string): void {
  for (const field of fieldsOf(text)) {
    const [key, value] = cut(field, '=');
    const dollar = (value ?? '').indexOf('$');
    if (key.toLowerCase() === 'from' && value !== null && dollar >= 0 && dollar !== value.length - 1)
      throw new LanguageError(`'${key.toLowerCase()}' doesn't support variable expansion, define alias stage instead`);
  }
}

/** The stage, named context or image that a mount takes from; empty where it takes from none. */
export function mountFrom(text: string): string {
  let from = '';
  for (const field of fieldsOf(text)) {
    const [key, value] = cut(field, '=');
    if (key.toLowerCase() === 'from' && value !== null) from = value;
  }
  return from;
}

/** `expand`: puts variables into each value. Throws LanguageError. */
export function parseMount(text: string, expand: (word: string) => string): Mount {
  const draft: Draft = {
    type: 'bind',
    from: '',
    source: '',
    target: '',
    readOnly: false,
    sizeBytes: 0,
    id: '',
    sharing: null,
    required: false,
    env: null,
    mode: null,
    uid: null,
    gid: null,
    isReadOnlySaid: false,
  };
  for (const field of fieldsOf(text)) {
    const [key, value] = cut(field, '=');
    apply(draft, key.toLowerCase(), value === null ? '' : expand(value), value !== null, field);
  }
  const { isReadOnlySaid, ...mount } = draft;
  check(mount);
  const isWritable = mount.type === 'cache' || mount.type === 'tmpfs';
  return isReadOnlySaid ? mount : { ...mount, readOnly: !isWritable };
}

function check({ type, from, source, target, id, sharing, ...mount }: Omit<Draft, 'isReadOnlySaid'>): void {
  if (type === 'bind' || type === 'tmpfs')
    for (const key of ['mode', 'uid', 'gid'] as const)
      if (mount[key] !== null) throw new LanguageError(`${key} not allowed for ${quote(type)} type mounts`);
  if (type === 'secret') {
    if (from !== '') throw new LanguageError('secret mount should not have a from');
    if (sharing !== null) throw new LanguageError('secret mount should not define sharing');
    if (source === '' && target === '' && id === '')
      throw new LanguageError('invalid secret mount. one of source, target required');
    if (source !== '' && id !== '') throw new LanguageError("both source and id can't be set");
  }
  if (sharing !== null && type !== 'cache') throw new LanguageError(`invalid cache sharing set for ${type} mount`);
}
