// What a client says of an output or of a cache to be exported, as BuildKit reads it, with its words for what makes no sense.

import { canonical, parseReference, type Reference, withDefaultTag } from '../../images/reference.ts';
import type { Compression } from '../../store/compression.ts';
import { codes, GrpcError } from '../grpc/status.ts';
import { parseBoolean, quote } from '../language/go-text.ts';
import { type Annotation, annotationsIn } from './annotations.ts';

export type Attributes = Readonly<Record<string, string>>;

/** How the layers that have no blob yet, or all of them, are to be compressed. */
export interface CompressionChoice {
  /** Null for what each layer has, or gzip. */
  readonly type: Compression | null;
  /** Null for the one that is cheap. */
  readonly level: number | null;
  /** Also those that are compressed otherwise. */
  readonly isForced: boolean;
}

export interface OutputName extends Reference {
  /** In full, with the tag only where the client named one. */
  readonly written: string;
}

export interface ImageAttributes {
  readonly names: readonly OutputName[];
  readonly push: boolean;
  readonly isByDigest: boolean;
  /** A tar; else blobs in the client's directory. */
  readonly isTar: boolean;
  /** Null where nothing is said. */
  readonly isOci: boolean | null;
  readonly compression: CompressionChoice;
  readonly annotations: readonly Annotation[];
  /** The time for what is newer, where the layers are to be of no later one: in seconds, or the build's own. Null where they stay. */
  readonly rewriteTo: number | 'own' | null;
}

const invalid = (message: string): GrpcError => new GrpcError(codes.unknown, message);

/** A name without a value is true, as in BuildKit. Throws for a text that Go does not take. */
export function booleanIn(attributes: Attributes, name: string, otherwise: boolean): boolean {
  const text = attributes[name];
  if (text === undefined) return otherwise;
  if (text === '') return true;
  const said = parseBoolean(text);
  if (said !== null) return said;
  throw invalid(`non-bool value specified for ${name}: strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

const compressions: Readonly<Record<string, Compression>> = { uncompressed: 'none', gzip: 'gzip', zstd: 'zstd' };
/** Of zstd: higher levels take hundreds of megabytes. BuildKit's own stop there as well. */
const maxZstdLevel = 11;

/** `otherwise`: where nothing is said. Throws for a compression that there is not. */
export function compressionIn(attributes: Attributes, otherwise: Compression | null): CompressionChoice {
  const { compression: name = '', 'compression-level': level } = attributes;
  const said = level === undefined ? otherwise : (otherwise ?? 'gzip');
  const type = name === '' ? said : Object.hasOwn(compressions, name) ? compressions[name] : undefined;
  if (type === undefined) throw invalid(`unsupported compression type ${name.slice(0, 40)}`);
  if (level !== undefined && !/^[+-]?\d{1,9}$/.test(level))
    throw invalid(
      `non-integer value ${level.slice(0, 40)} specified for compression-level: strconv.ParseInt: parsing ${quote(level)}: invalid syntax`,
    );
  return {
    type,
    level: level === undefined ? null : levelOf(type, Number(level)),
    isForced: booleanIn(attributes, 'force-compression', false),
  };
}

/** The nearest that the compression has. */
function levelOf(type: Compression | null, level: number): number | null {
  if (type === 'none' || type === null || level < 0) return null;
  return type === 'gzip' ? Math.min(level, 9) : Math.min(Math.max(level, 1), maxZstdLevel);
}

/** `otherwise`: how layers are compressed where nothing is said. Throws for what makes no sense, and for a name that can be none. */
export function imageAttributes(attributes: Attributes, otherwise: Compression | null): ImageAttributes {
  const compression = compressionIn(attributes, otherwise);
  const annotations = annotationsIn(attributes);
  const isSaid = attributes['oci-mediatypes'] !== undefined;
  // Docker's types have no name for zstd, and its manifests no annotations.
  const isOci = compression.type === 'zstd' || annotations.length > 0;
  return {
    names: (attributes.name ?? '').split(',').filter(Boolean).map(nameOf),
    push: booleanIn(attributes, 'push', false),
    isByDigest: booleanIn(attributes, 'push-by-digest', false),
    isTar: booleanIn(attributes, 'tar', true),
    isOci: isOci || (isSaid ? booleanIn(attributes, 'oci-mediatypes', true) : null),
    compression,
    annotations,
    rewriteTo: booleanIn(attributes, 'rewrite-timestamp', false) ? epochIn(attributes) : null,
  };
}

function epochIn({ 'source-date-epoch': text }: Attributes): ImageAttributes['rewriteTo'] {
  if (text === undefined) return 'own';
  if (text === '') return null;
  if (/^[+-]?\d{1,12}$/.test(text)) return Number(text);
  throw invalid(`invalid source-date-epoch: strconv.ParseInt: parsing ${quote(text.slice(0, 40))}: invalid syntax`);
}

function nameOf(name: string): OutputName {
  const reference = parseReference(name);
  const { tag, digest } = reference;
  const whole = canonical(reference);
  const written = tag === undefined && digest === undefined ? whole.replace(/:latest$/, '') : whole;
  return { ...withDefaultTag(reference), written };
}

/** Whether files come into a directory of their platform's name, though there is one platform. Throws as `booleanIn`. */
export const isSplit = (attributes: Attributes): boolean => booleanIn(attributes, 'platform-split', false);
