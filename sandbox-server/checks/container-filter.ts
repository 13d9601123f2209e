// Whether a container is what a check asks for, and where it is not, what it is instead.

import type { ContainerFilter } from '../../lessons/schema.ts';
import { type Compared, compareLabels, compareOne } from './compared.ts';
import { compareDetails } from './container-details.ts';
import type { ContainerFact } from './facts.ts';
import { isImage } from './image-name.ts';
import { compareMounts } from './mounts.ts';
import { isPort, portsInWords } from './ports.ts';
import { originKey } from './registries/origin.ts';
import { listed, shown } from './shown.ts';

function comparePort(wanted: string, { ports }: ContainerFact): Compared {
  return {
    holds: wanted === 'none' ? ports.length === 0 : ports.some((has) => isPort(wanted, has)),
    instead: ports.length === 0 ? 'none of its ports is published' : `its published ports are ${portsInWords(ports)}`,
  };
}

function compareNetworks(wanted: ContainerFilter, { networks }: ContainerFact): readonly Compared[] {
  const instead = `it is on ${listed(networks.slice(0, 3).map(shown)) || 'no network'}`;
  return [
    ...compareOne(wanted.network, (network) => ({ holds: networks.includes(network), instead })),
    ...compareOne(wanted.networks, (all) => ({
      holds: all.length === networks.length && all.every((one) => networks.includes(one)),
      instead,
    })),
  ];
}

/** Each wanted property, the container's name first. */
export function compareContainer(wanted: ContainerFilter, has: ContainerFact): readonly Compared[] {
  const code = has.exitCode === null ? '' : ` with code ${has.exitCode}`;
  // A container that ended with its host shows nothing of what the student did: neither true nor false.
  const asLeft = (compared: Compared): Compared => (has.interrupted ? { holds: null, instead: '' } : compared);
  return [
    ...compareOne(wanted.name, (name) => ({ holds: name === has.name, instead: `its name is ${shown(has.name)}` })),
    ...compareOne(wanted.image, (image) => ({
      holds: isImage(image, has.image),
      instead: `its image is ${shown(has.image)}`,
    })),
    ...compareOne(wanted.sameImage, (image) => ({
      holds: has.sameImages.includes(image),
      instead: `its image is ${shown(has.image)}, which is not the same as ${image}`,
    })),
    ...compareOne(wanted.state, (state) =>
      asLeft({ holds: state === has.state, instead: `it is ${has.state}${code}` }),
    ),
    ...compareOne(wanted.detached, (detached) => ({
      holds: has.started === null ? null : has.started === (detached ? 'in the background' : 'in the foreground'),
      instead: has.started === 'never' ? 'it has never run' : `it was started ${has.started}`,
    })),
    ...compareOne(wanted.exitCode, (exitCode) =>
      asLeft({
        holds: exitCode === has.exitCode,
        instead: has.exitCode === null ? `it is ${has.state}` : `its exit code is ${has.exitCode}`,
      }),
    ),
    ...compareOne(wanted.port, (port) => asLeft(comparePort(port, has))),
    ...compareNetworks(wanted, has),
    ...compareOne(wanted.mounts, (mounts) => compareMounts(mounts, has.mounts)),
    ...compareLabels(wanted.labels, has.labels),
    ...compareOne(wanted.repository, (from) => has.origins.get(originKey(from)) ?? { holds: null, instead: '' }),
    ...compareDetails(wanted, has.details, has.interrupted),
  ];
}
