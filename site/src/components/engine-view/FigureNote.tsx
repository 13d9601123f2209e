/** Under a figure: whether it is the student's own or an example, and how it becomes their own. */
import { views } from './views.ts';

export function FigureNote({ live, missing }: { live: boolean; missing: string }) {
  if (live)
    return (
      <p class="fig-note" data-live="true">
        Live, from your Docker host
      </p>
    );
  const hasLab = views.value.size > 0;
  return <p class="fig-note">An example.{hasLab ? ` Yours shows here once there is ${missing}.` : ''}</p>;
}
