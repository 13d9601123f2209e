/** What is known of the lab's hosts as pictures show it: the last view of each, and the one that is looked at. */
import type { View } from '@drydock/sandbox-server/protocol';
import { computed, signal } from '@preact/signals';
import { currentTerminal, hostOf, hosts } from '../../client/lab-state.ts';
import { colourLayers } from './layer-colours.ts';

/** By the lab's name of the host. */
export const views = signal<ReadonlyMap<string, View>>(new Map());
/** The host that the student chose to look at. */
export const chosenHost = signal<string | undefined>(undefined);

/**
 * The view that is drawn: of the chosen host, else of the one that the terminal in hand is on, else of the lab's first one that
 * has told of itself; undefined while none has.
 */
export const shownView = computed(() => {
  const order = [chosenHost.value ?? '', hostOf(currentTerminal.value), ...hosts.value];
  return order.map((host) => views.value.get(host)).find((view) => view !== undefined);
});

export function hearView(view: View): void {
  const next = new Map(views.value).set(view.host, view);
  const layers = [...next.values()].flatMap(({ images }) => images.flatMap((image) => image.layers));
  colourLayers(layers.map(({ id }) => id).filter(Boolean));
  views.value = next;
}

/** The lab begins anew: what was told is no more. */
export function forgetViews(): void {
  views.value = new Map();
}
