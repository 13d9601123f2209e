// Lists in pages: `n`, `last` and the header `Link` (RFC 8288), which names the next page.

import { maxPageEntries } from '../../limits.ts';
import { Refusal } from '../refusal.ts';

export interface Page {
  readonly entries: readonly string[];
  /** Empty where it is the last page. */
  readonly headers: { readonly Link?: string };
}

/** How many the request wants at most. Throws PAGINATION_NUMBER_INVALID. */
export function wantedOf(query: URLSearchParams): number {
  const n = query.get('n');
  if (n === null || n === '') return maxPageEntries;
  if (!/^\d{1,9}$/.test(n)) throw new Refusal('PAGINATION_NUMBER_INVALID', { detail: { n: n.slice(0, 40) } });
  return Math.min(Number(n), maxPageEntries);
}

/** The first page of the names after `last`, which `after` gives in order; `path` is the list's own. */
export function pageOf(query: URLSearchParams, path: string, after: (last: string) => Iterable<string>): Page {
  const wanted = wantedOf(query);
  const entries: string[] = [];
  if (wanted === 0) return { entries, headers: {} };
  for (const name of after(query.get('last') ?? '')) {
    if (entries.length === wanted)
      return { entries, headers: nextPage(path, { n: String(wanted), last: entries.at(-1) ?? '' }) };
    entries.push(name);
  }
  return { entries, headers: {} };
}

export function nextPage(path: string, query: Readonly<Record<string, string>>): { Link: string } {
  return { Link: `<${path}?${new URLSearchParams(query)}>; rel="next"` };
}
