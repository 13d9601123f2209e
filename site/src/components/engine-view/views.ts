/** What is known of the lab's hosts as pictures show it: the last view of each, and the one that is looked at. */
import type { BuildsView, RegistriesView, View } from '@drydock/sandbox-server/protocol';
import { computed, signal } from '@preact/signals';
import { currentTerminal, hostOf, hosts } from '../../client/lab-state.ts';
import { colourLayers } from './layer-colours.ts';

/** By the lab's name of the host. */
export const views = signal<ReadonlyMap<string, View>>(new Map());
/** The registries that the lab uses, and what travels there and back; undefined as long as it uses none. */
export const registries = signal<RegistriesView | undefined>(undefined);
/** What the lab's hosts build, and have built last; undefined before they have. */
export const builds = signal<BuildsView | undefined>(undefined);
/** The host that the student chose to look at. */
export const chosenHost = signal<string | undefined>(undefined);

/**
 * The view that is drawn: of the chosen host; else of the host that the terminal in hand is on, or of the first one with
 * containers where that has none; undefined while no host has told of itself.
 */
export const shownView = computed(() => {
  const chosen = views.value.get(chosenHost.value ?? '');
  if (chosen) return chosen;
  const told = [hostOf(currentTerminal.value), ...hosts.value].flatMap((host) => views.value.get(host) ?? []);
  return told.find(({ containers }) => containers.length > 0) ?? told[0];
});

export function hearView(view: View): void {
  const next = new Map(views.value).set(view.host, view);
  const layers = [...next.values()].flatMap(({ images }) => images.flatMap((image) => image.layers));
  colourLayers(layers.map(({ id }) => id).filter(Boolean));
  views.value = next;
}

export function hearRegistries(view: RegistriesView): void {
  // Layers that no host has any more are drawn too.
  const held = [...views.value.values()].flatMap(({ images }) => images.flatMap((image) => image.layers));
  const moved = view.moves.flatMap(({ layers }) => layers);
  colourLayers([...held, ...moved].map(({ id }) => id).filter(Boolean));
  registries.value = view;
}

export function hearBuilds(view: BuildsView): void {
  const held = [...views.value.values()].flatMap(({ images }) => images.flatMap((image) => image.layers));
  const made = view.builds.flatMap(({ stages }) => stages.flatMap(({ steps }) => steps.map(({ layer }) => layer)));
  colourLayers([...held.map(({ id }) => id), ...made].filter(Boolean));
  builds.value = view;
}

/** The lab begins anew: what was told is no more. */
export function forgetViews(): void {
  views.value = new Map();
  registries.value = undefined;
  builds.value = undefined;
}
