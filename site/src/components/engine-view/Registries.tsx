/** The registries that the lab uses, between its hosts, and the image that each host has sent or fetched last. */
import { hosts } from '../../client/lab-state.ts';
import { MoveLane } from './MoveLane.tsx';
import { RegistryBox } from './RegistryBox.tsx';
import { keyOf } from './registry-words.ts';
import { counted } from './sizes.ts';
import { registries, views } from './views.ts';

export function Registries() {
  const view = registries.value;
  if (view === undefined || view.registries.length === 0) return null;
  const [first, ...others] = hosts.value;
  return (
    <section class="ev-registries">
      <h3>{view.registries.length === 1 ? 'Registry' : 'Registries'}</h3>
      <div class="ev-road" data-sides={others.length === 0 ? 1 : 2}>
        {first !== undefined && <Side host={first} side="left" />}
        <ul class="ev-list ev-harbour">
          {view.registries.map((registry) => (
            <RegistryBox key={registry.name} registry={registry} />
          ))}
        </ul>
        {others.length > 0 && (
          <div class="ev-sides">
            {others.map((host) => (
              <Side key={host} host={host} side="right" />
            ))}
          </div>
        )}
      </div>
      {view.more && <p class="ev-note">There is more than is drawn here.</p>}
    </section>
  );
}

/** A host, and its way to the registries. */
function Side({ host, side }: { host: string; side: 'left' | 'right' }) {
  const several = (registries.value?.registries.length ?? 0) > 1;
  const move = registries.value?.moves.find((one) => one.host === host);
  const images = views.value.get(host)?.images.length ?? 0;
  return (
    <div class="ev-side" data-side={side}>
      <p class="ev-end">
        <b>{host}</b>
        <small>{counted(images, 'image')}</small>
      </p>
      {move ? (
        <MoveLane key={keyOf(move)} move={move} side={side} several={several} />
      ) : (
        <p class="ev-note ev-lane">nothing sent or fetched yet</p>
      )}
    </div>
  );
}
