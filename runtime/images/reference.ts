// Image references: the grammar of github.com/distribution/reference, and the short forms that Docker's users type.

import { EngineError } from '../errors.ts';

/** A name with its registry, and a tag or a digest or neither. */
export interface Reference {
  /** `docker.io`, `localhost:5000` */
  readonly domain: string;
  /** `library/nginx` */
  readonly path: string;
  readonly tag?: string;
  /** `sha256:` and 64 digits */
  readonly digest?: string;
}

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const label = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainPattern = new RegExp(`^(?:${label}(?:\\.${label})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`);
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;
/** distribution's `RepositoryNameTotalLengthMax`. */
const maxPathLength = 255;
/** A registry's name of 253 characters and a port, a path, a tag and a digest. */
const maxReferenceLength = 1024;

const defaultDomain = 'docker.io';
const legacyDomain = 'index.docker.io';
const defaultTag = 'latest';

const badFormat = (): EngineError => new EngineError('invalid', 'invalid reference format');

/** Parses what a user typed: `nginx` is `docker.io/library/nginx`. Throws invalid with Docker's words. */
export function parseReference(text: string): Reference {
  if (text.length > maxReferenceLength) throw badFormat();
  if (/^[0-9a-f]{64}$/.test(text)) {
    throw new EngineError('invalid', `invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  }
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const { domain, path } = splitDomain(colon < 0 ? named : named.slice(0, colon));
  const [written = ''] = splitDomain(text).path.split(':');
  if (written !== written.toLowerCase()) {
    throw new EngineError('invalid', `invalid reference format: repository name (${written}) must be lowercase`);
  }
  if (!domainPattern.test(domain) || !pathPattern.test(path)) throw badFormat();
  if (path.length > maxPathLength) {
    throw new EngineError('invalid', `repository name must not be more than ${maxPathLength} characters`);
  }
  if (tag !== undefined && !tagPattern.test(tag)) throw badFormat();
  if (digest !== undefined && !digestPattern.test(digest)) throw badFormat();
  return { domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** distribution's `splitDockerDomain`: the first part is a registry only where it looks like a host name. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isDomain = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  let [domain, path] = isDomain ? [first, name.slice(slash + 1)] : [defaultDomain, name];
  if (domain === legacyDomain) domain = defaultDomain;
  if (domain === defaultDomain && !path.includes('/')) path = `library/${path}`;
  return { domain, path };
}

/** A repository and a tag or digest, as the API has them in two parameters. Either may be in the name as well. */
export function referenceOf(repository: string, tag: string): Reference {
  const named = parseReference(repository);
  if (tag === '') return withDefaultTag(named);
  if (tag.includes(':')) return parseReference(`${familiarName(named)}@${tag}`);
  if (!tagPattern.test(tag)) throw new EngineError('invalid', 'invalid tag format');
  return { domain: named.domain, path: named.path, tag };
}

/** `latest` where neither tag nor digest is named. */
export function withDefaultTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined ? { ...reference, tag: defaultTag } : reference;
}

/** The name as people write it: `nginx`, `someone/app`, `localhost:5000/app`. */
export function familiarName({ domain, path }: Reference): string {
  if (domain !== defaultDomain) return `${domain}/${path}`;
  return path.startsWith('library/') && !path.slice('library/'.length).includes('/')
    ? path.slice('library/'.length)
    : path;
}

/** The whole reference as people write it: `nginx:latest`, `nginx@sha256:…`. */
export function familiar(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return familiarName(reference) + tag + digest;
}

/** One spelling for each thing that can be referred to, for use as a key: by digest where there is one, else by tag. */
export function canonical(reference: Reference): string {
  const name = `${reference.domain}/${reference.path}`;
  if (reference.digest !== undefined) return `${name}@${reference.digest}`;
  return `${name}:${reference.tag ?? defaultTag}`;
}
