/** The header's progress: a tick for each task, and the count in words. */
import { lookOf } from '../client/lab-state.ts';

export function Ticks({ ids }: { ids: readonly string[] }) {
  const done = ids.filter((id) => lookOf(id).startsWith('done')).length;
  return (
    <div class="ticks">
      <ol aria-hidden="true">
        {ids.map((id) => (
          <li key={id} data-state={lookOf(id)} />
        ))}
      </ol>
      <span>
        {done} of {ids.length}
        <span class="unseen"> tasks done</span>
      </span>
    </div>
  );
}
