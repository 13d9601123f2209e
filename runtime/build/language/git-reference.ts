// Git repositories as BuildKit writes them: `https://host/app.git#branch:folder`, `git@host:app.git?tag=v1`.

import { cut, parseBoolean, quote } from './go-text.ts';
import { LanguageError } from './source.ts';

export interface GitReference {
  /** What git is given. */
  readonly remote: string;
  /** A commit, tag or branch; empty for the default branch. */
  readonly ref: string;
  readonly subdirectory: string;
  /** The commit that it must be; empty for any. */
  readonly checksum: string;
  /** Null where it is not said. */
  readonly keepGitDir: boolean | null;
  readonly submodules: boolean | null;
}

const schemePattern = /^([a-zA-Z0-9]+):\/\//;
/** `user@host:path`, as scp has it. */
const scpPattern = /^[a-zA-Z0-9_-]+@[a-zA-Z0-9.-]+:/;

/** A repository is not recognised by its host alone, as `github.com/a/b` is: that is also a path. */
function isRemote(remote: string): boolean {
  const scheme = schemePattern.exec(remote)?.[1]?.toLowerCase();
  if (scheme === undefined) return scpPattern.test(remote);
  if (scheme === 'git' || scheme === 'ssh') return true;
  return (scheme === 'http' || scheme === 'https') && /^[^/]+\/\/[^/]+\/.*\.git$/.test(remote);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Null where `text` is a path or another URL. Throws LanguageError for a repository whose query is not understood. */
export function parseGitReference(text: string): GitReference | null {
  const [before, fragment] = cut(text, '#');
  const [remote, query] = cut(before, '?');
  if (/^\.\.?\//.test(text) || !isRemote(remote)) return null;
  const [ref, subdirectory] = cut(decoded(fragment ?? ''), ':');
  const plain = { remote, ref, subdirectory: subdirectory ?? '', checksum: '', keepGitDir: null, submodules: null };
  return query ? withQuery(plain, new URLSearchParams(query)) : plain;
}

type Draft = { -readonly [Key in keyof GitReference]: GitReference[Key] };

/** `value`, where `draft` has no other one already. */
function agreed(draft: Draft, key: 'ref' | 'subdirectory', name: string, value: string): string {
  if (draft[key] !== '' && draft[key] !== value)
    throw new LanguageError(`${name} conflicts: ${quote(draft[key])} vs ${quote(value)}`);
  return value;
}

function booleanOf(name: string, value: string): boolean {
  const parsed = value === '' ? true : parseBoolean(value);
  if (parsed === null) throw new LanguageError(`invalid ${name} value: ${quote(value)}`);
  return parsed;
}

const withPrefix = (prefix: string, name: string): string => (name.startsWith(prefix) ? name : `${prefix}${name}`);

function withQuery(plain: GitReference, query: URLSearchParams): GitReference {
  const draft: Draft = { ...plain };
  let tag = '';
  let branch = '';
  for (const [key, value] of query) {
    if (query.getAll(key).length > 1) throw new LanguageError(`query ${quote(key)} has multiple values`);
    if (value === '' && key !== 'submodules' && key !== 'keep-git-dir')
      throw new LanguageError(`query ${quote(key)} has no value`);
    if (key === 'ref') draft.ref = agreed(draft, 'ref', 'ref', value);
    else if (key === 'subdir') draft.subdirectory = agreed(draft, 'subdirectory', 'subdir', value);
    else if (key === 'tag') tag = withPrefix('refs/tags/', value);
    else if (key === 'branch') branch = withPrefix('refs/heads/', value);
    else if (key === 'checksum' || key === 'commit') draft.checksum = value;
    else if (key === 'keep-git-dir') draft.keepGitDir = booleanOf(key, value);
    else if (key === 'submodules') draft.submodules = booleanOf(key, value);
    else throw new LanguageError(`unexpected query ${quote(key)}`);
  }
  if (tag !== '' && branch !== '') throw new LanguageError('branch conflicts with tag');
  if (tag !== '') draft.ref = agreed(draft, 'ref', 'ref', tag);
  if (branch !== '') draft.ref = agreed(draft, 'ref', 'ref', branch);
  return draft;
}

/** Whether ADD downloads it as a file. */
export const isHttpSource = (source: string): boolean =>
  /^https?:\/\//.test(source) && parseGitReference(source) === null;
