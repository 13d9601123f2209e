/** Brings the live parts of a page to life, in the places that Island.astro left for them. */
import { type FunctionComponent, h, hydrate } from 'preact';
import { type IslandName, islands } from './islands.ts';

export function mountIslands(): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-island]')) {
    // Name and props were written at build time, by Island.astro, from the same table.
    const component: FunctionComponent<never> = islands[place.dataset.island as IslandName];
    const props = JSON.parse(place.dataset.props ?? '{}') as never;
    hydrate(h(component, props), place);
  }
}
