// docker network disconnect.

import { EngineError } from '../../errors.ts';
import { endpointIn } from '../../networks/endpoint.ts';
import { findNetwork } from '../../networks/network.ts';
import type { ContainerHost } from '../container.ts';
import { attachmentsOf } from '../endpoints.ts';
import { networkModeOf } from '../joined.ts';
import { emitNetwork } from '../network-events.ts';
import { changeEndpoints, namedContainer, needThere, unlink } from './change.ts';

/** Takes a container off a network, at once where it runs. Throws notFound, invalid, refused (it is not on it). */
export async function disconnectContainer(
  host: ContainerHost,
  reference: string,
  containerReference: string,
): Promise<void> {
  host.needRunning();
  const container = namedContainer(host, containerReference);
  await container.withLock(async () => {
    needThere(container);
    const network = findNetwork(host.networks, reference);
    if (network.driver === 'host' && networkModeOf(container.record).kind === 'host')
      throw new EngineError(
        'invalid',
        'cannot disconnect container from host network - container was created in host network mode',
      );
    const { [network.name]: attachment, ...networks } = attachmentsOf(container);
    const { [network.name]: _gone, ...endpoints } = container.record.endpoints;
    const endpoint = endpointIn(container.record.endpoints, network.name);
    if (!attachment) {
      // As Docker says it of the one and of the other.
      const which = container.running ? `network ${network.name}` : `the network ${network.name}`;
      throw new EngineError('refused', `container ${container.id} is not connected to ${which}`);
    }
    if (!endpoint) {
      const { [network.name]: _kept, ...kept } = container.keptEndpoints;
      container.keptEndpoints = kept;
      container.save({ networks });
      if (container.running) emitNetwork(container, network, 'disconnect'); // of `none`
      return;
    }
    // Before it is stored: an engine that is killed in between makes the link again.
    unlink(container, network, endpoint);
    await changeEndpoints(container, { networks, endpoints }, () => undefined);
    emitNetwork(container, network, 'disconnect');
  });
}
