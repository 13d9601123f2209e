/** Tells a screen reader what changed, once: a task that is done, the next one, what was found. Nothing to see. */
import { announcement } from '../client/lab-state.ts';

export function Announcer() {
  return (
    <p class="unseen" role="status" aria-live="polite">
      {announcement.value}
    </p>
  );
}
