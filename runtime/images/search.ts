// `docker search`: GET /images/search. It is asked of the catalogue and, by names that begin with the hub's, of the hub; Docker Hub's own
// search has no other client than Docker.

import { type Filters, flagFilter } from '../containers/filters.ts';
import { EngineError } from '../errors.ts';
import { maxSearchResults } from '../limits.ts';
import type { Found } from './image.ts';
import { askerOf } from './registry-session.ts';
import type { HostView } from './view.ts';

/** moby's `DefaultSearchLimit`. */
const usualResults = 25;
const knownFilters = ['is-official', 'is-automated', 'stars'];

/** Those of whose name or summary `term` is a part, in the order of the alphabet. Throws invalid in moby's words. */
export function search(view: HostView, term: string, limit: number | null, filters: Filters): Found[] {
  if (limit !== null && limit !== 0 && (limit < 1 || limit > maxSearchResults))
    throw new EngineError('invalid', `limit ${limit} is outside the range of [1, ${maxSearchResults}]`);
  for (const key of filters.keys())
    if (!knownFilters.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
  const official = flagFilter(filters, 'is-official');
  const automated = flagFilter(filters, 'is-automated');
  const stars = Math.max(0, ...(filters.get('stars') ?? []).map(starsIn));
  // All of it is built here, by nobody's robot, and nobody has rated it.
  if (automated === true || stars > 0) return [];
  const { near } = view;
  const prefix = near ? `${near.domain}/` : null;
  const isHub = prefix !== null && term.startsWith(prefix);
  const wanted = (isHub ? term.slice(prefix.length) : term).replace(/^(docker\.io\/)?(library\/)?/, '').toLowerCase();
  const most = limit || usualResults;
  const shown = isHub ? prefix : '';
  const found = official === false ? [] : inCatalogue(view, wanted, shown);
  const others = near && isHub && official !== true ? near.search(askerOf(view), wanted, most) : [];
  return [...found, ...others.map((name) => foundOf({ name: `${shown}${name}`, description: '' }, false))].slice(
    0,
    most,
  );
}

function inCatalogue({ catalogue }: HostView, wanted: string, prefix: string): Found[] {
  return catalogue
    .repositories()
    .map((name) => ({ name, description: catalogue.summary(name) }))
    .filter(({ name, description }) => name.includes(wanted) || description.toLowerCase().includes(wanted))
    .map(({ name, description }) => foundOf({ name: `${prefix}${name}`, description }, true));
}

function foundOf(one: Pick<Found, 'name' | 'description'>, official: boolean): Found {
  return { ...one, star_count: 0, is_official: official, is_automated: false };
}

function starsIn(text: string): number {
  if (!/^\d{1,9}$/.test(text)) {
    const shown = text.slice(0, 40);
    throw new EngineError(
      'invalid',
      `invalid filter 'stars=${shown}': strconv.Atoi: parsing ${JSON.stringify(shown)}: invalid syntax`,
    );
  }
  return Number(text);
}
