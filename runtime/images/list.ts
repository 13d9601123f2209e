// `docker images`: GET /images/json.

import { type Filters, flagFilter, matchLabels } from '../containers/filters.ts';
import { EngineError } from '../errors.ts';
import { WorkBudget } from '../work-budget.ts';
import type { KnownImage } from './contents.ts';
import { globMatches } from './glob.ts';
import type { Image } from './image.ts';
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

/** An image that passes the filters, and those of its names that are shown. */
interface Chosen {
  readonly known: KnownImage;
  /** Read once: the configurations of all images need not be known at the same time. */
  readonly image: Image;
  readonly shown: readonly Reference[];
}

/** Newest first. Throws invalid for a filter that there is not, notFound where `before` or `since` name no image. */
export function list(view: HostView, filters: Filters, options: ListOptions): object[] {
  const containers = Map.groupBy(view.owner.usedImages(), ({ imageId }) => imageId);
  const shared = options.sharedSize ? sharedLayers(view) : null;
  return selected(view, filters)
    .sort((a, b) => createdSeconds(b.image) - createdSeconds(a.image))
    .map((chosen) => summary(view, chosen, containers.get(chosen.known.imageId)?.length ?? 0, shared));
}

/** The images that pass all filters, in no order. */
function selected(view: HostView, filters: Filters): Chosen[] {
  for (const key of filters.keys()) {
    if (!knownFilters.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
  }
  const budget = new WorkBudget();
  const dangling = flagFilter(filters, 'dangling');
  const until = createdBefore(filters);
  const before = moment(view, filters.get('before'));
  const since = moment(view, filters.get('since'));
  const patterns = filters.get('reference');
  return view.own.all().flatMap((own) => {
    const known = view.contents.get(own.imageId);
    if (!known) return [];
    const { image } = known;
    const created = Date.parse(image.created);
    const references = view.own.references(own.imageId);
    const passes =
      (dangling === null || dangling === (references.length === 0)) &&
      until(image) &&
      (before === null || created < before) &&
      (since === null || created > since) &&
      matchLabels(filters.get('label'), image.config.Labels ?? {});
    if (!passes) return [];
    if (patterns === undefined) return { known, image, shown: references };
    const shown = references.filter((reference) => matchesAny(reference, patterns, budget));
    return shown.length > 0 ? { known, image, shown } : [];
  });
}

function summary(
  view: HostView,
  { known, image, shown }: Chosen,
  containers: number,
  shared: ReadonlySet<string> | null,
): object {
  const named = (digest: boolean): string[] =>
    shown.flatMap((one) => ((one.digest !== undefined) === digest ? familiar(one) : []));
  const sharedSize = (): number =>
    known.diffIds.reduce((sum, diffId) => sum + (shared?.has(diffId) ? view.contents.layerSize(diffId) : 0), 0);
  return {
    Containers: containers,
    Created: createdSeconds(image),
    Id: known.imageId,
    Labels: image.config.Labels ?? null,
    ParentId: '',
    RepoDigests: named(true),
    RepoTags: named(false),
    SharedSize: shared ? sharedSize() : -1,
    Size: view.contents.size(known),
  };
}

export function layersSize(view: HostView): number {
  const diffIds = new Set(view.own.all().flatMap(({ imageId }) => view.contents.get(imageId)?.diffIds ?? []));
  return [...diffIds].reduce((sum, diffId) => sum + view.contents.layerSize(diffId), 0);
}

/** The layers that several images of this host have. */
function sharedLayers(view: HostView): Set<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { imageId } of view.own.all()) {
    for (const diffId of new Set(view.contents.get(imageId)?.diffIds)) {
      if (seen.has(diffId)) shared.add(diffId);
      seen.add(diffId);
    }
  }
  return shared;
}

/** Seconds since 1970. */
export function createdSeconds(image: Image): number {
  const created = Date.parse(image.created);
  return Number.isNaN(created) ? 0 : Math.floor(created / 1000);
}

function moment(view: HostView, references: readonly string[] | undefined): number | null {
  const [reference] = references ?? [];
  return reference === undefined ? null : Date.parse(resolve(view, reference).image.created);
}

function matchesAny(reference: Reference, patterns: readonly string[], budget: WorkBudget): boolean {
  const candidates = [familiar(reference), familiarName(reference)];
  return patterns.some((pattern) => candidates.some((candidate) => globMatches(pattern, candidate, budget)));
}
