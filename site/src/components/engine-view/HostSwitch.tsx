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
        </button>
      ))}
    </fieldset>
  );
}
