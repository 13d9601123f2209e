// `docker search`: GET /images/search. It is asked of the catalogue: Docker Hub's own search has no other client than Docker.

import type { Catalogue } from '../catalogue/catalogue.ts';
import { type Filters, flagFilter } from '../containers/filters.ts';
import { EngineError } from '../errors.ts';
import { maxSearchResults } from '../limits.ts';
import type { Found } from './image.ts';

/** moby's `DefaultSearchLimit`. */
const usualResults = 25;
const knownFilters = ['is-official', 'is-automated', 'stars'];

/** Those of whose name or summary `term` is a part, in the order of the alphabet. Throws invalid in moby's words. */
export function search(catalogue: Catalogue, term: string, limit: number | null, filters: Filters): Found[] {
  if (limit !== null && limit !== 0 && (limit < 1 || limit > maxSearchResults))
    throw new EngineError('invalid', `limit ${limit} is outside the range of [1, ${maxSearchResults}]`);
  for (const key of filters.keys())
    if (!knownFilters.includes(key)) throw new EngineError('invalid', `invalid filter '${key}'`);
  const official = flagFilter(filters, 'is-official');
  const automated = flagFilter(filters, 'is-automated');
  const stars = Math.max(0, ...(filters.get('stars') ?? []).map(starsIn));
  // All of it is built here, by nobody's robot, and nobody has rated it.
  if (official === false || automated === true || stars > 0) return [];
  const wanted = term.replace(/^(docker\.io\/)?(library\/)?/, '').toLowerCase();
  return catalogue
    .repositories()
    .map((name) => ({ name, description: catalogue.summary(name) }))
    .filter(({ name, description }) => name.includes(wanted) || description.toLowerCase().includes(wanted))
    .slice(0, limit || usualResults)
    .map((one) => ({ ...one, star_count: 0, is_official: true, is_automated: false }));
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
