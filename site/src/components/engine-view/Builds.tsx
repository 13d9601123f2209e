/** What the host builds, and has built last: stage by stage, each step with the layer that came of it. */
import { BuildCard } from './BuildCard.tsx';
import { keyOf } from './build-words.ts';
import { builds, shownView } from './views.ts';

export function Builds() {
  const host = shownView.value?.host;
  const shown = (builds.value?.builds ?? []).filter((build) => build.host === host);
  if (shown.length === 0) return null;
  return (
    <section class="ev-builds">
      <h3>{shown.length === 1 ? 'Build' : 'Builds'}</h3>
      <ul class="ev-list ev-build-list">
        {shown.map((build) => (
          <BuildCard key={keyOf(build)} build={build} />
        ))}
      </ul>
      {builds.value?.more && <p class="ev-note">There is more than is drawn here.</p>}
    </section>
  );
}
