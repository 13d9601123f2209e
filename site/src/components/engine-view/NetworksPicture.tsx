/** A figure: which containers are on which networks, and at which addresses. */
import { FigureNote } from './FigureNote.tsx';
import { figureSource } from './figure-source.ts';
import { networkPlan, networksIn } from './network-plan.ts';

const mostContainers = 8;

export function NetworksPicture({ networks: said }: { networks: string }) {
  const wanted = networksIn(said);
  const names = wanted.map(({ name }) => name);
  const { view, own } = figureSource(
    ({ networks }) => names.every((name) => networks.some((network) => network.name === name)),
    { networks: wanted },
  );
  const { networks, rows } = networkPlan(view, names);
  return (
    <div class="fig-box">
      <table class="fig-networks">
        <thead>
          <tr>
            <th scope="col">
              <span class="sr-only">container</span>
            </th>
            {networks.map(({ name, subnet }) => (
              <th key={name} scope="col">
                {name}
                <small>{subnet}</small>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, mostContainers).map(({ container, addresses }) => (
            <tr key={container}>
              <th scope="row">{container}</th>
              {addresses.map((address, place) => (
                <td key={names[place]} data-on={address !== null}>
                  {address === null ? <span class="sr-only">not on it</span> : <span>{address}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="ev-note">No running container is on {names.join(' or ')}.</p>}
      <FigureNote own={own} missing={`a network ${names.at(-1)}`} />
    </div>
  );
}
