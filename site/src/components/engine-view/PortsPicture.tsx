/** A figure: how a request gets through the host's published port to the port that a container listens on. */
import { FigureNote } from './FigureNote.tsx';
import { figureSource } from './figure-source.ts';

const mostPorts = 3;

export function PortsPicture({ container: name, port }: { container: string; port: string }) {
  const { view, own } = figureSource(
    ({ containers }) => containers.some((one) => one.name === name && one.ports.length > 0),
    { containers: [name], port },
  );
  const container = view.containers.find((one) => one.name === name);
  const address = view.networks.flatMap(({ members }) => members).find((member) => member.container === name)?.address;
  return (
    <div class="fig-box">
      <ul class="fig-ports">
        {(container?.ports ?? []).slice(0, mostPorts).map((one) => (
          <li key={one.host}>
            <span class="fig-box-small">
              <small>you</small>
              <code>localhost:{one.host}</code>
            </span>
            <i class="fig-arrow" aria-hidden="true" />
            <span class="fig-host">
              <small>your Docker host</small>
              <code class="fig-port">{one.host}</code>
              <i class="fig-arrow" aria-hidden="true" />
              <span class="fig-inside">
                <code class="fig-port">{one.container}</code>
                <span>
                  <b>{name}</b>
                  {address && <small>{address}</small>}
                </span>
              </span>
            </span>
          </li>
        ))}
      </ul>
      <FigureNote own={own} missing={`a container ${name} with a published port`} />
    </div>
  );
}
