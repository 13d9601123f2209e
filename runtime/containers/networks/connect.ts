// docker network connect.

import type { z } from 'zod';
import { EngineError } from '../../errors.ts';
import { findNetwork, type Network } from '../../networks/network.ts';
import {
  type Attachment,
  type Attachments,
  attachmentOf,
  checkAttachment,
  type endpointSchema,
} from '../attachment.ts';
import type { Container, ContainerHost } from '../container.ts';
import { checkMacAddress } from '../create-checks.ts';
import { attachmentsOf, chooseEndpoint, linkTo } from '../endpoints.ts';
import { emitNetwork } from '../network-events.ts';
import { changeEndpoints, namedContainer, needRoomFor, needThere, unlink } from './change.ts';

/** Puts a container on a network, at once where it runs. Throws notFound, invalid, forbidden (it is there, or an address is taken). */
export async function connectContainer(
  host: ContainerHost,
  reference: string,
  containerReference: string,
  given: z.infer<typeof endpointSchema> | null,
): Promise<void> {
  host.needRunning();
  const container = namedContainer(host, containerReference);
  const attachment = attachmentOf(given);
  if (attachment.macAddress) checkMacAddress(attachment.macAddress);
  await container.withLock(async () => {
    needThere(container);
    const network = findNetwork(host.networks, reference);
    needRoomFor(container, network);
    checkAttachment(null, network.name, attachment, network);
    const networks: Attachments = { ...attachmentsOf(container), [network.name]: attachment };
    if (container.running) await connectRunning(container, network, attachment, networks);
    else if (!Object.hasOwn(attachmentsOf(container), network.name)) container.save({ networks });
  });
}

async function connectRunning(
  container: Container,
  network: Network,
  attachment: Attachment,
  networks: Attachments,
): Promise<void> {
  const { record } = container;
  const { name } = network;
  if (Object.hasOwn(record.endpoints, name))
    throw new EngineError('forbidden', `endpoint with name ${container.name} already exists in network ${name}`);
  const endpoint = chooseEndpoint(container, network, attachment, null);
  const endpoints = { ...record.endpoints, [name]: endpoint };
  try {
    await changeEndpoints(container, { networks, endpoints }, () =>
      linkTo(container, network, container.state.machinePid, endpoint, { link: null, routes: [] }),
    );
  } catch (error) {
    unlink(container, network, endpoint);
    container.save({ networks: record.networks, endpoints: record.endpoints });
    throw error;
  }
  emitNetwork(container, network, 'connect');
}
