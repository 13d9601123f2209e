/** A network, who is on it, and which ports of the host lead to them. */
import type { ViewContainer, ViewNetwork } from '@drydock/sandbox-server/protocol';
import { Name, type Pick } from './Name.tsx';

interface NetworkBoxProps {
  readonly network: ViewNetwork;
  readonly containers: readonly ViewContainer[];
  readonly pick?: Pick | undefined;
}

export function NetworkBox({ network, containers, pick }: NetworkBoxProps) {
  return (
    <li class="ev-network" data-picked={pick?.pressed}>
      <p class="ev-title">
        <Name text={network.name} pick={pick} />
        <small>{network.subnet}</small>
      </p>
      {network.members.length === 0 ? (
        <p class="ev-note">nobody is on it</p>
      ) : (
        <ul class="ev-members">
          {network.members.map(({ container, address }) => (
            <li key={container}>
              <span class="ev-cut" title={container}>
                {container}
              </span>
              <span>{address}</span>
              {portsOf(container, containers).map((port) => (
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

function portsOf(name: string, containers: readonly ViewContainer[]): readonly string[] {
  const ports = containers.find((container) => container.name === name)?.ports ?? [];
  return ports.map(({ host, container }) => `host:${host} → :${container}`);
}
