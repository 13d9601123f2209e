// `docker images`: GET /images/json.

import { type Filters, matchLabels } from '../containers/filters.ts';
import { EngineError } from '../errors.ts';
import type { KnownImage } from './contents.ts';
import { globMatches } from './glob.ts';
import { familiar, familiarName, type Reference } from './reference.ts';
import { resolve } from './resolve.ts';
import { createdBefore } from './until.ts';
import type { HostView } from './view.ts';

const knownFilters = ['dangling', 'label', 'before', 'since', 'reference', 'until'];

export interface ListOptions {
  readonly all: boolean;
  readonly digests: boolean;
  readonly sharedSize: boolean;
}

/** Newest first. Throws invalid for a filter that there is not, notFound where `before` or `since` name no image. */
export function list(view: HostView, filters: Filters, options: ListOptions): object[] {
  const wanted = selected(view, filters);
  return wanted
    .sort((a, b) => createdSeconds(b) - createdSeconds(a))
    .map((known) => summary(view, known, filters.get('reference'), options));
}

/** The images that pass all filters, in no order. */
function selected(view: HostView, filters: Filters): KnownImage[] {
  for (const key of filters.keys()) {
    if (!knownFilters.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
  }
  const dangling = flag(filters, 'dangling');
  const until = createdBefore(filters);
  const before = moment(view, filters.get('before'));
  const since = moment(view, filters.get('since'));
  const patterns = filters.get('reference');
  return view.own.all().flatMap((own) => {
    const known = view.contents.get(own.imageId);
    if (!known) return [];
    const created = Date.parse(known.image.created);
    const references = view.own.references(own.imageId);
    const passes =
      (dangling === null || dangling === (references.length === 0)) &&
      until(known) &&
      (before === null || created < before) &&
      (since === null || created > since) &&
      matchLabels(filters.get('label'), known.image.config.Labels ?? {}) &&
      (patterns === undefined || references.some((reference) => matchesAny(reference, patterns)));
    return passes ? known : [];
  });
}

function summary(
  view: HostView,
  known: KnownImage,
  patterns: readonly string[] | undefined,
  options: ListOptions,
): object {
  const id = known.imageId;
  const shown = view.own.references(id).filter((one) => patterns === undefined || matchesAny(one, patterns));
  const named = (digest: boolean): string[] =>
    shown.flatMap((one) => ((one.digest !== undefined) === digest ? familiar(one) : []));
  return {
    Containers: view.owner.usedImages().filter((use) => use.imageId === id).length,
    Created: createdSeconds(known),
    Id: id,
    Labels: known.image.config.Labels ?? null,
    ParentId: '',
    RepoDigests: named(true),
    RepoTags: named(false),
    SharedSize: options.sharedSize ? sharedSize(view, known) : -1,
    Size: view.contents.size(known),
  };
}

export function layersSize(view: HostView): number {
  const diffIds = new Set(view.own.all().flatMap(({ imageId }) => view.contents.get(imageId)?.diffIds ?? []));
  return [...diffIds].reduce((sum, diffId) => sum + view.contents.layerSize(diffId), 0);
}

/** Bytes in layers that another image of this host has too. */
function sharedSize(view: HostView, known: KnownImage): number {
  const others = new Set<string>();
  for (const { imageId } of view.own.all()) {
    if (imageId === known.imageId) continue;
    for (const diffId of view.contents.get(imageId)?.diffIds ?? []) others.add(diffId);
  }
  return known.diffIds.reduce((sum, diffId) => sum + (others.has(diffId) ? view.contents.layerSize(diffId) : 0), 0);
}

/** Seconds since 1970. */
export function createdSeconds(known: KnownImage): number {
  const created = Date.parse(known.image.created);
  return Number.isNaN(created) ? 0 : Math.floor(created / 1000);
}

/** `true`, `1`, `false`, `0`, or null where the filter is not given. */
export function flag(filters: Filters, key: string): boolean | null {
  const [value] = filters.get(key) ?? [];
  if (value === undefined) return null;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw new EngineError('invalid', `invalid filter '${key}=${value}': it is true or false`);
}

function moment(view: HostView, references: readonly string[] | undefined): number | null {
  const [reference] = references ?? [];
  return reference === undefined ? null : Date.parse(resolve(view, reference).image.created);
}

function matchesAny(reference: Reference, patterns: readonly string[]): boolean {
  const candidates = [familiar(reference), familiarName(reference)];
  return patterns.some((pattern) => candidates.some((candidate) => globMatches(pattern, candidate)));
}
