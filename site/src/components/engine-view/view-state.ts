/** Whether what is drawn is how the host is now. */
import { computed } from '@preact/signals';
import { engine, link, phase } from '../../client/lab-state.ts';
import { shownView } from './views.ts';

/** As the engine view says it: what is drawn is `live`, or was so once, or there is nothing to draw. */
export type ViewState = 'not there yet' | 'live' | 'as last seen' | 'away';

export const viewState = computed<ViewState>(() => {
  const { name } = phase.value;
  if (!shownView.value || name === 'opening' || name === 'queued' || name === 'starting') return 'not there yet';
  if (name !== 'ready' || link.value.name !== 'connected') return 'as last seen';
  return engine.value === 'up' ? 'live' : 'away';
});
