/** Which host is looked at, where the lab has several. */
import { hosts } from '../../client/lab-state.ts';
import { chosenHost, shownView, views } from './views.ts';

export function HostSwitch() {
  const told = hosts.value.filter((host) => views.value.has(host));
  if (told.length < 2) return null;
  return (
    <fieldset class="ev-hosts" aria-label="Host">
      {told.map((host) => (
        <button
          key={host}
          type="button"
          aria-pressed={host === shownView.value?.host}
          onClick={() => {
            chosenHost.value = host;
          }}
        >
          {host}
          {host !== shownView.value?.host && <Holds containers={views.value.get(host)?.containers.length ?? 0} />}
        </button>
      ))}
    </fieldset>
  );
}

/** So that what happens on the host that is not looked at is seen, too. */
function Holds({ containers }: { containers: number }) {
  if (containers === 0) return null;
  return (
    <small>
      {' '}
      {containers} container{containers === 1 ? '' : 's'}
    </small>
  );
}
