/** How often images of a repository were pulled, a bar a day; in words for whoever does not see it. */
import type { HubRepositoryPage } from '@drydock/sandbox-server/protocol';
import { counted } from '../engine-view/sizes.ts';

const height = 48;
const step = 8;
const bar = 6;

export function PullsChart({ days, all }: { days: HubRepositoryPage['pullsByDay']; all: number }) {
  const most = Math.max(1, ...days.map(({ pulls }) => pulls));
  const width = days.length * step;
  const busy = days.filter(({ pulls }) => pulls > 0);
  if (all === 0) return <p class="hub-note">None in the last 30 days.</p>;
  return (
    <figure class="hub-pulls">
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
        {days.map(({ day, pulls }, n) => {
          const high = pulls === 0 ? 2 : Math.max(4, Math.round((pulls / most) * height));
          return (
            <rect key={day} data-some={pulls > 0} x={n * step} y={height - high} width={bar} height={high} rx="1">
              <title>{`${day}: ${counted(pulls, 'pull')}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption>
        {counted(all, 'pull')} in the last 30 days.
        <span class="unseen">{busy.map(({ day, pulls }) => ` ${day}: ${pulls}.`)}</span>
      </figcaption>
    </figure>
  );
}
