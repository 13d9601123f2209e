/** What this lab's account has on the hub: whether that is worth a tab, and the asking for it. */
import { hubRoutes, type LabRepositories } from '@drydock/sandbox-server/protocol';
import { computed } from '@preact/signals';
import { views } from '../components/engine-view/views.ts';
import { refusalOf } from './api.ts';
import { sessionId } from './lab-link.ts';
import { place } from './lab-state.ts';

/** As soon as an image of the lab has a name on the hub: it was pushed there or will be, or was pulled from there. */
export const hasHubTab = computed(
  () =>
    place.value === 'hub' ||
    [...views.value.values()].some(({ images }) =>
      images.some(({ tags }) => tags.some((tag) => tag.startsWith('hub.drydock/'))),
    ),
);

/** Throws `ServerRefusal`, or `TypeError` when nothing answers. */
export async function labRepositories(): Promise<LabRepositories> {
  const path = hubRoutes.labRepositories.path.replace(':session', encodeURIComponent(sessionId() ?? ''));
  const response = await fetch(path, { signal: AbortSignal.timeout(15_000) });
  if (!response.ok) throw await refusalOf(response);
  return (await response.json()) as LabRepositories;
}
