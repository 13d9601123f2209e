/** A network, who is on it by which names, which ports of the host lead to them, and who is on another one too. */
import type { View, ViewNetwork } from '@drydock/sandbox-server/protocol';
import { Name, type Pick } from './Name.tsx';
import { otherNetworks } from './words.ts';

interface NetworkBoxProps {
  readonly network: ViewNetwork;
  readonly view: View;
  readonly linked: boolean;
  readonly pick?: Pick | undefined;
}

export function NetworkBox({ network, view, linked, pick }: NetworkBoxProps) {
  return (
    <li class="ev-network" data-picked={pick?.pressed} data-linked={linked}>
      <p class="ev-title">
        <Name text={network.name} pick={pick} />
        <small>
          {network.internal && 'internal '}
          {network.subnet}
        </small>
      </p>
      {network.members.length === 0 ? (
        <p class="ev-note">nobody is on it</p>
      ) : (
        <ul class="ev-members">
          {network.members.map(({ container, address, names }) => (
            <li key={container}>
              <span class="ev-cut" title={container}>
                {container}
              </span>
              <span>{address}</span>
              {names.length > 0 && <span class="ev-note ev-cut">also named {names.join(', ')}</span>}
              {otherNetworks(container, network, view).map((other) => (
                <span key={other} class="ev-note ev-cut">
                  also on {other}
                </span>
              ))}
              {portsOf(container, network, view).map((port) => (
                <span key={port} class="ev-port">
                  {port}
                </span>
              ))}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** Of a container on several networks they are told once. */
function portsOf(name: string, network: ViewNetwork, { containers, networks }: View): readonly string[] {
  const first = networks.find(({ members }) => members.some(({ container }) => container === name));
  const ports = containers.find((container) => container.name === name)?.ports ?? [];
  return first?.name === network.name ? ports.map(({ host, container }) => `host:${host} → :${container}`) : [];
}
