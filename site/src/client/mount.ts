/** Brings the live parts of a page to life, in the places that Island.astro left for them. */
import { type FunctionComponent, h, hydrate } from 'preact';
import { type IslandName, islands } from './islands.ts';
import { nextSlice } from './slices.ts';

/** Those in sight first, and a few at a time, so that keys and the pointer never wait for all of them. */
export async function mountIslands(): Promise<void> {
  const places = [...document.querySelectorAll<HTMLElement>('[data-island]')];
  const inSight = new Set(places.filter(isInSight));
  for (const place of [...inSight, ...places.filter((one) => !inSight.has(one))]) {
    await nextSlice();
    mount(place);
  }
}

function mount(place: HTMLElement): void {
  // Name and props were written at build time, by Island.astro, from the same table.
  const component: FunctionComponent<never> = islands[place.dataset.island as IslandName];
  const props = JSON.parse(place.dataset.props ?? '{}') as never;
  hydrate(h(component, props), place);
}

function isInSight(place: HTMLElement): boolean {
  return place.getBoundingClientRect().top < innerHeight;
}
