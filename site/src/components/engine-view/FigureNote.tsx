/** Under a figure: whether it is the student's own or an example, and how it becomes their own. */
import { viewState } from './view-state.ts';
import { views } from './views.ts';

/** `own`: the figure shows the student's host. */
export function FigureNote({ own, missing }: { own: boolean; missing: string }) {
  if (own) {
    const live = viewState.value === 'live';
    return (
      <p class="fig-note" data-live={live}>
        {live ? 'Live, from your Docker host' : 'From your Docker host, as last seen'}
      </p>
    );
  }
  const hasLab = views.value.size > 0;
  return <p class="fig-note">An example.{hasLab ? ` Yours shows here once there is ${missing}.` : ''}</p>;
}
