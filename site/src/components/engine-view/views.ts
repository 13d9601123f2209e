/** What is known of the lab's hosts as pictures show it: the last view of each, and the one that is looked at. */
import type { View } from '@drydock/sandbox-server/protocol';
import { computed, signal } from '@preact/signals';

/** By the lab's name of the host, in the order in which they were first told. */
export const views = signal<ReadonlyMap<string, View>>(new Map());
/** The host that the student chose to look at. */
export const chosenHost = signal<string | undefined>(undefined);

/** The view that is drawn; undefined while no host has told of itself. */
export const shownView = computed(() => {
  const all = views.value;
  return all.get(chosenHost.value ?? '') ?? all.values().next().value;
});

export function hearView(view: View): void {
  views.value = new Map(views.value).set(view.host, view);
}

/** The lab begins anew: what was told is no more. */
export function forgetViews(): void {
  views.value = new Map();
}
